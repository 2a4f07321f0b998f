"""Where the stores are."""

from pathlib import Path
from typing import Literal, Self

from pydantic import SecretStr, model_validator

from mindfleet.errors import SettingsInvalid, StoreUnnamed
from mindfleet.settings.section import Section, setting
from mindfleet.settings.values import Address, BoltUrl, HttpUrl, PostgresUrl, RedisUrl

STACK = "the running embedded stack's"
LOCAL_REDIS = "redis://localhost:6379/0"


class Redis(Section):
    """Redis or Valkey: where jobs wait"""

    url: RedisUrl = setting(
        "Where it is, with its password if it has one",
        env="REDIS_URL",
        side="both",
        needed=True,
        default=Address(LOCAL_REDIS),
        default_in_words=f"{STACK}, else {LOCAL_REDIS}",
    )


class Postgres(Section):
    """PostgreSQL: transcripts, summaries, preferences, goals"""

    url: PostgresUrl | None = setting(
        "Where it is", env="DATABASE_URL", side="both", needed=True, default=None, default_in_words=STACK
    )
    connections: int = setting(
        "The most connections of one worker process; all processes together must leave some of the server's free",
        default=10,
        ge=2,
    )

    def connections_for(self, slots: int) -> int:
        """How many a process opens at most that runs so many jobs at once: beside them the ledger, parking and probes.

        Ten processes with the default of 10 leave a server with its own default of 100 nothing.
        """
        return min(slots + 4, self.connections)

    def address(self) -> str:
        """The URL, as asyncpg takes it.

        Raises:
            StoreUnnamed: no setting names it and no embedded stack runs.
        """
        return _needed(self.url, "DATABASE_URL")


class Graph(Section):
    """Neo4j: facts and relationships"""

    url: BoltUrl | None = setting(
        "Where it is", env="NEO4J_URL", side="both", needed=True, default=None, default_in_words=STACK
    )
    user: str | None = setting(
        "Who logs in; without a user there is no login",
        env="NEO4J_USER",
        side="both",
        needed=True,
        default=None,
        default_in_words=STACK,
    )
    password: SecretStr | None = setting(
        "The password of NEO4J_USER",
        env="NEO4J_PASSWORD",
        side="both",
        needed=True,
        default=None,
        default_in_words=STACK,
    )
    database: str = setting("The database on the server", side="both", default="neo4j")

    def address(self) -> str:
        """The URL.

        Raises:
            StoreUnnamed: no setting names it and no embedded stack runs.
        """
        return _needed(self.url, "NEO4J_URL")

    def login(self) -> tuple[str, str] | None:
        """User and password, as the driver's `auth` takes them; None for a server without login.

        Raises:
            SettingsInvalid: only one of the two is set.
        """
        if self.user is None and self.password is None:
            return None
        if self.user is None or self.password is None:
            missing = "NEO4J_USER" if self.user is None else "NEO4J_PASSWORD"
            raise SettingsInvalid(f"{missing} is not set, but its other half is: set both, or neither")
        return self.user, self.password.get_secret_value()


class Vectors(Section):
    """What can be found by meaning: in Qdrant, or in PostgreSQL with pgvector"""

    backend: Literal["auto", "qdrant", "pgvector"] = setting(
        "Where vectors are kept; auto: in Qdrant when one is named, otherwise in PostgreSQL",
        side="both",
        default="auto",
    )
    url: HttpUrl | None = setting("Where Qdrant is", env="QDRANT_URL", side="both", default=None)
    api_key: SecretStr | None = setting("The API key of Qdrant", env="QDRANT_API_KEY", side="both", default=None)
    path: Path | None = setting(
        "A folder for Qdrant's local mode, instead of a server; one process only", side="both", default=None
    )

    @property
    def adapter(self) -> Literal["qdrant", "pgvector"]:
        """The backend that `auto` stands for."""
        if self.backend != "auto":
            return self.backend
        return "qdrant" if self.url or self.path else "pgvector"

    @model_validator(mode="after")
    def _qdrant_is_in_one_place(self) -> Self:
        if self.url and self.path:
            raise ValueError("QDRANT_URL and MINDFLEET_VECTORS__PATH are both set; keep the server or the folder")
        if self.backend == "qdrant" and not (self.url or self.path):
            raise ValueError("MINDFLEET_VECTORS__BACKEND is qdrant; set QDRANT_URL too, or MINDFLEET_VECTORS__PATH")
        return self


def _needed(address: Address | None, name: str) -> str:
    if address is None:
        raise StoreUnnamed(name)
    return address.get_secret_value()
