"""Every script is described where people look for it."""

from pathlib import Path

import mindfleet.lua

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"


def test_every_script_of_the_fleet_is_in_a_reference() -> None:
    scripts = {path.stem for path in Path(mindfleet.lua.__file__).parent.glob("*.lua")}
    told = "".join(
        (REFERENCE / name).read_text("utf-8") for name in ("scripts-of-the-engine.md", "schedule-scripts.md")
    )

    assert {name for name in scripts if f"`{name}`" not in told and f"`{name}.lua`" not in told} == set()
