"""Reading the settings costs a bot no driver."""

import subprocess
import sys

DRIVERS = ("neo4j", "qdrant_client", "asyncpg", "openai", "onnxruntime", "psutil", "typer", "rich")


def test_the_settings_import_no_driver() -> None:
    code = f"import sys, mindfleet.settings; print([name for name in {DRIVERS} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
