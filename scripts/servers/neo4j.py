"""Neo4j Community out of Maven Central, started by a few lines of Java."""

import hashlib
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.servers.machine import CannotStart, Home, free_port, say

RECIPE = Path(__file__).resolve().parent.parent / "neo4j"
CACHE = Path.home() / ".cache" / "mindfleet"
JVM = (
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xmx512m",
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
)


def neo4j(home: Home) -> None:
    built = _built()
    port, password = free_port(), secrets.token_urlsafe(16)
    home.launch(
        "neo4j",
        [
            _tool("java"),
            *JVM,
            "-cp",
            f"{built}/classes:{built}/lib/*",
            "LoopbackNeo4j",
            str(home.path / "neo4j"),
            str(port),
        ],
        ready_when=["grep", "-qx", "ready", str(home.log("neo4j"))],
        stop_signal=signal.SIGKILL,  # it takes ten seconds to put its data in order, which then goes
        environment={"NEO4J_PASSWORD": password},
        exports={
            "MINDFLEET_TEST_NEO4J_URL": f"bolt://127.0.0.1:{port}",
            "MINDFLEET_TEST_NEO4J_USER": "neo4j",
            "MINDFLEET_TEST_NEO4J_PASSWORD": password,
        },
    )


def _built() -> Path:
    """The compiled starter and Neo4j's jars; made once for each version of the recipe."""
    recipe = b"".join(path.read_bytes() for path in sorted(RECIPE.iterdir()))
    built = CACHE / f"neo4j-{hashlib.sha256(recipe).hexdigest()[:12]}"
    if built.exists():
        return built
    say("fetching Neo4j, once (some 120 MB)")
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        made = Path(scratch) / "made"
        lib = made / "lib"
        _run(
            [
                _tool("mvn"),
                "-q",
                "-f",
                str(RECIPE / "pom.xml"),
                "dependency:copy-dependencies",
                f"-DoutputDirectory={lib}",
                "-DincludeScope=runtime",
            ]
        )
        _run([_tool("javac"), "-cp", f"{lib}/*", "-d", str(made / "classes"), str(RECIPE / "LoopbackNeo4j.java")])
        made.rename(built)
    return built


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise CannotStart(
            f"{name} is missing: it needs a JDK (17 or 21) and Maven, on Debian default-jdk-headless and maven"
        )
    return found


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(done.stdout[-2000:] + done.stderr[-2000:])
        raise CannotStart(f"`{Path(command[0]).name}` failed; is Maven Central within reach?")
