"""Everything that can be set from outside: one frozen tree of typed sections."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from mindfleet.settings.limits import Budget, Limits
from mindfleet.settings.models import Embeddings, LanguageModel
from mindfleet.settings.places import default_bots, default_home, running_checkout
from mindfleet.settings.section import Section, setting
from mindfleet.settings.stores import Graph, Postgres, Redis, Vectors
from mindfleet.settings.values import Names, PositiveSeconds, Seconds, UpperCase
from mindfleet.settings.work import Health, Ledger, Parked, Producer, Queues, Workers


class Conversation(Section):
    """When a conversation is summarised and searched for facts"""

    summary_threshold: int = setting(
        "How many messages of a session make a summary", env="SUMMARY_MESSAGE_THRESHOLD", default=20, ge=1
    )
    session_idle: PositiveSeconds = setting(
        "How long a channel is silent before its session ends", default=timedelta(minutes=30)
    )
    extraction_window: Seconds = setting(
        "How long messages are gathered before one call analyses them; 0: each alone, at once",
        env="EXTRACTION_WINDOW",
        default=timedelta(seconds=60),
    )
    extraction_max_wait: Seconds = setting(
        "How long a message waits at most while others keep coming",
        env="EXTRACTION_MAX_WAIT",
        default=timedelta(minutes=5),
    )


class Recall(Section):
    """How memories are searched"""

    language: str = setting(
        "The PostgreSQL text search configuration that stems words: english, german, simple, …",
        side="both",
        default="english",
        pattern=r"^[a-z_]+$",
    )


class Features(Section):
    """What can be switched off; an enqueue of it then says so, and a queued job ends as skipped"""

    runtime_fact_extraction: bool = setting(
        "Extract facts from messages", env="ENABLE_RUNTIME_FACT_EXTRACTION", side="both", default=True
    )
    goal_strategist: bool = setting(
        "Think about goals every night", env="ENABLE_GOAL_STRATEGIST", side="both", default=True
    )
    character_diary: bool = setting("Let bots write a diary", env="ENABLE_CHARACTER_DIARY", side="both", default=True)
    dream_sequences: bool = setting("Let bots dream", env="ENABLE_DREAM_SEQUENCES", side="both", default=True)


class Logs(Section):
    """What workers say about themselves"""

    level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], UpperCase] = setting(
        "From which level on", env="LOG_LEVEL", default="INFO"
    )
    as_json: bool = setting("One JSON object a line instead of text", env="USE_JSON_LOGGING", default=False)


class Settings(BaseSettings):
    """The whole tree: `load()` reads one, `Settings(…)` makes one by hand."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", coerce_numbers_to_str=True, hide_input_in_errors=True
    )

    home: Path = setting(
        "Where the embedded stack keeps its data, logs and run files",
        env="MINDFLEET_HOME",
        side="both",
        default_factory=lambda: default_home(running_checkout()),
        default_in_words=".mindfleet of the checkout; ~/.mindfleet where there is none",
    )
    env_file: Path | None = setting(
        "The env file to read",
        env="MINDFLEET_ENV_FILE",
        side="both",
        default=None,
        default_in_words=".env of the working directory, else of the checkout",
    )
    settings_file: Path | None = setting(
        "The settings.yaml to read",
        env="MINDFLEET_SETTINGS",
        side="both",
        default=None,
        default_in_words="settings.yaml in MINDFLEET_HOME, else of the checkout",
    )
    bot_name: str | None = setting(
        "The bot that a call means when it names none", env="BOT_NAME", side="client", default=None
    )
    tasks: Names = setting("The packages whose tasks can be enqueued and run", side="both", default=("tasks",))
    bots: Path = setting(
        "The folder of the bots' YAML files",
        default_factory=lambda: default_bots(running_checkout(), default_home(running_checkout())),
        default_in_words="bots of the checkout; bots in MINDFLEET_HOME where there is none",
    )
    redis: Redis = Redis()
    queue: Producer = Producer()
    postgres: Postgres = Postgres()
    graph: Graph = Graph()
    vectors: Vectors = Vectors()
    embeddings: Embeddings = Embeddings()
    recall: Recall = Recall()
    llm: LanguageModel = LanguageModel()
    limits: Limits = Limits()
    budget: Budget = Budget()
    conversation: Conversation = Conversation()
    features: Features = Features()
    workers: Workers = Workers()
    queues: Queues = Queues()
    parked: Parked = Parked()
    health: Health = Health()
    ledger: Ledger = Ledger()
    logs: Logs = Logs()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic-settings'
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """`Settings(…)` is what it is given and defaults; the outside world is read by `load` only."""
        return (init_settings,)
