"""The kinds of value that a setting can have, each with its check and with words for what it allows."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit, urlunsplit

from annotated_types import Ge, Gt
from pydantic import BeforeValidator, Secret, SecretStr

from mindfleet.llm.endpoint import ollama_base_url

MASK = "**********"


@dataclass(frozen=True)
class Allowed:
    """What a person may write for a value of this kind."""

    words: str


class Address(Secret[str]):
    """A URL that prints without its password; `get_secret_value()` is the whole."""

    def _display(self) -> str:
        return without_password(self.get_secret_value())


def without_password(url: str) -> str:
    """The URL with every password in it masked, in the authority and in the query."""
    scheme, separator, rest = url.partition("://")
    credentials, at, place = rest.rpartition("@")
    if at:
        user, colon, _ = credentials.partition(":")
        rest = f"{user}:***@{place}" if colon else f"***@{place}"
    return re.sub(r"(?i)([?&][^=&]*password=)[^&]*", r"\1***", f"{scheme}{separator}{rest}")


def redis_address(host: str, *, port: str | None, password: str | None, db: str | None) -> str:
    """The URL of a Redis from its parts; what is None is left to Redis' own default."""
    credentials = f":{quote(password, safe='')}@" if password else ""
    bracketed = f"[{host}]" if ":" in host else host
    return f"redis://{credentials}{bracketed}{f':{port}' if port else ''}{f'/{db}' if db else ''}"


def _redis(text: str) -> str:
    url = _split(text)
    if url.scheme not in {"redis", "rediss", "unix"}:
        raise ValueError(_strange(url))
    if url.scheme == "unix" and not url.path.strip("/"):
        raise ValueError("the path of the socket is missing")
    if url.scheme != "unix" and not re.fullmatch(r"/?|/\d+", url.path):
        raise ValueError(f"the database {url.path[1:]!r} is not a number")
    return text


def _postgres(text: str) -> str:
    """As asyncpg reads it: without SQLAlchemy's `+driver`, and with `sslmode` for its `ssl`."""
    url = _split(text)
    scheme, plus, _driver = url.scheme.partition("+")
    if scheme not in {"postgres", "postgresql"}:
        raise ValueError(_strange(url))
    query = url.query
    if plus:
        query = urlencode([("sslmode" if key == "ssl" else key, value) for key, value in parse_qsl(query)])
    # urlunsplit drops the slashes of an empty authority, which a socket in the query needs.
    return f"postgresql://{url.netloc}{urlunsplit(('', '', url.path, query, ''))}"


def _bolt(text: str) -> str:
    url = _split(text)
    if url.scheme.partition("+")[0] not in {"bolt", "neo4j"} or url.scheme.partition("+")[2] not in {"", "s", "ssc"}:
        raise ValueError(_strange(url))
    if "@" in url.netloc:
        raise ValueError("user and password do not belong here, but in NEO4J_USER and NEO4J_PASSWORD")
    return _with_host(url)


def _http(text: str) -> str:
    url = _split(text)
    if url.scheme not in {"http", "https"}:
        raise ValueError(_strange(url))
    return _with_host(url).rstrip("/")


def _ollama(text: str) -> str:
    _ = ollama_base_url(text)  # raises ValueError when its port is none
    return text


def _split(text: str) -> SplitResult:
    url = urlsplit(text)
    _ = url.port  # raises ValueError when it is not a port
    return url


def _strange(url: SplitResult) -> str:
    return f"{url.scheme}:// is of no use here" if url.scheme else "the scheme is missing"


def _with_host(url: SplitResult) -> str:
    if not url.hostname:
        raise ValueError("the host is missing")
    return urlunsplit(url)


def _address(check: Callable[[str], str]) -> BeforeValidator:
    def checked(given: object) -> object:
        if isinstance(given, Address | SecretStr):
            given = given.get_secret_value()
        return check(given.strip()) if isinstance(given, str) else given

    return BeforeValidator(checked)


def _seconds(given: object) -> object:
    if isinstance(given, timedelta):
        return given
    try:
        return timedelta(seconds=float(given))  # type: ignore[arg-type]  # what is not a number is caught below
    except (TypeError, ValueError, OverflowError):
        raise ValueError("is not a number of seconds") from None


def _split_by_comma(given: object) -> object:
    return tuple(part.strip() for part in given.split(",") if part.strip()) if isinstance(given, str) else given


def _from_json(given: object) -> Any:  # noqa: ANN401 - JSON can be anything; the schema decides
    if not isinstance(given, str):
        return given
    try:
        return json.loads(given)
    except ValueError as error:
        raise ValueError(f"is not JSON: {error}") from None


def _upper(given: object) -> object:
    return given.upper() if isinstance(given, str) else given


RedisUrl = Annotated[Address, _address(_redis), Allowed("redis://, rediss:// or unix:// and a path")]
PostgresUrl = Annotated[Address, _address(_postgres), Allowed("postgresql://, postgres:// or postgresql+asyncpg://")]
BoltUrl = Annotated[Address, _address(_bolt), Allowed("bolt:// or neo4j://, also with +s or +ssc")]
HttpUrl = Annotated[Address, _address(_http), Allowed("http:// or https://")]
OllamaHost = Annotated[Address, _address(_ollama), Allowed("a host, host:port or URL")]

Seconds = Annotated[timedelta, BeforeValidator(_seconds), Ge(timedelta()), Allowed("seconds, 0 or more")]
PositiveSeconds = Annotated[timedelta, BeforeValidator(_seconds), Gt(timedelta()), Allowed("seconds, more than 0")]

Names = Annotated[tuple[str, ...], BeforeValidator(_split_by_comma), Allowed("names separated by commas")]
FromJson = BeforeValidator(_from_json)
UpperCase = BeforeValidator(_upper)
