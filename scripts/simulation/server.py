"""Commands about the server, and channels."""

from scripts.simulation.database import Database, command
from scripts.simulation.values import NotModelled, Reply, Status


@command("TIME", 0)
def time(database: Database, _: list[bytes]) -> Reply:
    seconds, milliseconds = divmod(database.now_ms, 1000)
    return [b"%d" % seconds, b"%d" % (milliseconds * 1000)]


@command("PING", 0, 1)
def ping(_: Database, arguments: list[bytes]) -> Reply:
    return arguments[0] if arguments else Status(b"PONG")


@command("INFO", 0, 1)
def info(database: Database, arguments: list[bytes]) -> Reply:
    section = arguments[0].lower() if arguments else b"server"
    if section != b"server":
        raise NotModelled(f"INFO {section.decode()}")
    return f"# Server\r\nredis_version:7.2.4\r\nredis_mode:standalone\r\nrun_id:{database.run_id}\r\n".encode()


@command("PUBLISH", 2)
def publish(database: Database, arguments: list[bytes]) -> Reply:
    return database.publish(arguments[0], arguments[1])
