"""The three stores of a stack, and where they are."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from mindfleet.embedded import graph_archive
from mindfleet.embedded.home import Home
from mindfleet.embedded.servers.graph import Graph
from mindfleet.embedded.servers.postgres import Postgres
from mindfleet.embedded.servers.valkey import Valkey
from mindfleet.embedded.service import Service


class Addresses(TypedDict):
    """As the run file names them."""

    redis_url: str
    database_url: str
    neo4j_url: str
    neo4j_user: str
    neo4j_password: str


NOWHERE: Addresses = {"redis_url": "", "database_url": "", "neo4j_url": "", "neo4j_user": "", "neo4j_password": ""}
"""What a stack without stores says of them."""


@dataclass(frozen=True)
class Stores:
    graph: Graph
    postgres: Postgres
    valkey: Valkey

    @classmethod
    def of(cls, home: Home, cache: Path) -> "Stores":
        """With their old passwords and, where these are free, their old ports."""
        return cls(Graph(home, graph_archive.options(cache)), Postgres(home), Valkey(home))

    @property
    def services(self) -> tuple[Service, ...]:
        return self.graph, self.postgres, self.valkey

    @property
    def addresses(self) -> Addresses:
        return {
            "redis_url": self.valkey.url,
            "database_url": self.postgres.url,
            "neo4j_url": self.graph.url,
            "neo4j_user": self.graph.user,
            "neo4j_password": self.graph.password,
        }
