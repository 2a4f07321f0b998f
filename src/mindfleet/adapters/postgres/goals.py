"""Goals of bots and of users, in PostgreSQL."""

from collections.abc import Sequence
from uuid import UUID

from mindfleet.adapters.named_statements import statements_beside
from mindfleet.adapters.postgres.database import Connection, Database, Row
from mindfleet.adapters.postgres.provenance import origin_columns, origin_of
from mindfleet.ports.journal import Goal, GoalProgress, Origin

SQL = statements_beside(__file__, ".sql")


class PostgresGoals:
    """`Goals` in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, goals: Sequence[Goal]) -> None:
        async with self._database.transaction() as transaction:
            await put_goals(transaction, goals)

    async def advance(self, progress: Sequence[GoalProgress]) -> None:
        await self._database.execute_each(SQL["advance"], sorted(map(_progress_columns, progress)))

    async def withdraw(self, message_ids: Sequence[UUID]) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute(SQL["withdraw_progress"], list(message_ids))
            await transaction.execute(SQL["withdraw_goals"], list(message_ids))

    async def of_bot(self, bot_name: str) -> list[Goal]:
        return [_goal(row) for row in await self._database.fetch(SQL["of_bot"], bot_name)]

    async def of_user(self, bot_name: str, user_id: str) -> list[Goal]:
        return [_goal(row) for row in await self._database.fetch(SQL["of_user"], bot_name, user_id)]

    async def progress(self, bot_name: str, user_id: str | None = None) -> list[GoalProgress]:
        return [_progress(row) for row in await self._database.fetch(SQL["progress"], bot_name, user_id)]


async def put_goals(transaction: Connection, goals: Sequence[Goal]) -> None:
    """In order of their ids, so that two writers never wait for each other."""
    await transaction.execute_each(SQL["put"], map(_columns, sorted(goals, key=lambda goal: goal.id)))


async def replace_own_goals(transaction: Connection, bot_name: str, goals: Sequence[Goal]) -> None:
    """Make these the goals of the bot itself."""
    await transaction.execute(SQL["remove_others"], bot_name, [goal.id for goal in goals])
    await put_goals(transaction, goals)


def _columns(goal: Goal) -> tuple[object, ...]:
    return (
        goal.id,
        goal.bot_name,
        goal.user_id,
        goal.slug,
        goal.description,
        goal.criteria,
        goal.due,
        goal.message_id,
        goal.said_at,
        goal.visibility,
        *origin_columns(goal.origin),
    )


def _goal(row: Row) -> Goal:
    return Goal(
        id=row["id"],
        bot_name=row["bot_name"],
        user_id=row["user_id"],
        slug=row["slug"],
        description=row["description"],
        criteria=row["criteria"],
        due=row["due"],
        message_id=row["message_id"],
        said_at=row["said_at"],
        visibility=row["visibility"],
        origin=origin_of(row),
    )


def _progress_columns(progress: GoalProgress) -> tuple[object, ...]:
    shown = (progress.status, progress.progress, progress.reasoning, progress.said_at)
    return (progress.goal_id, progress.user_id, progress.message_id, *shown, *origin_columns(progress.origin))


def _progress(row: Row) -> GoalProgress:
    return GoalProgress(
        goal_id=row["goal_id"],
        user_id=row["user_id"],
        message_id=row["message_id"],
        status=row["status"],
        progress=row["progress"],
        reasoning=row["reasoning"],
        said_at=row["said_at"],
        origin=Origin(provider=row["provider"], answer_key=row["answer_key"]),
    )
