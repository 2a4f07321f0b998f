"""The Task Queue API of the document that we started from, verbatim but for the import line.

The calls of tasks that do not exist yet (insight analysis, gossip, graph enrichment) come with those tasks.
"""

from typing import Any

import pytest

from mindfleet import Receipt, TaskQueue
from mindfleet.settings import Settings

pytestmark = pytest.mark.stack

user_id, bot_name, session_id = "ana", "juniper", "s1"
message = content = "I work at Google as an engineer"
interaction_text = "Ana: I practised for an hour today."
messages: list[dict[str, Any]] = [
    {"role": "user", "content": "I work at Google as an engineer"},
    {"role": "assistant", "content": "Since when?"},
    {"role": "human", "content": "Since May."},
]


@pytest.fixture
async def task_queue(redis_url: str) -> Any:
    async with TaskQueue(redis_url, bot_name="juniper", settings=Settings()) as queue:
        yield queue


async def queued_on(task_queue: TaskQueue, receipt: Receipt) -> str:
    names = (task_queue.QUEUE_COGNITION, task_queue.QUEUE_SENSORY, task_queue.QUEUE_ACTION, task_queue.QUEUE_SOCIAL)
    [name] = [name for name in names if await task_queue.redis.zscore(name, receipt) is not None]
    return name


# fmt: off
async def test_basic_enqueue(task_queue: Any) -> None:
    receipt = \
    await task_queue.enqueue("run_summarization",
        user_id=user_id,
        character_name=bot_name,
        session_id=session_id,
        messages=messages
    )

    assert await queued_on(task_queue, receipt) == "arq:cognition"


async def test_with_delay(task_queue: Any) -> None:
    receipt = \
    await task_queue.enqueue("run_reflection",
        _defer_by=60,
        user_id=user_id,
        character_name=bot_name
    )

    assert await queued_on(task_queue, receipt) == "arq:cognition"


async def test_to_specific_queue(task_queue: Any) -> None:
    receipt = \
    await task_queue.enqueue("run_knowledge_extraction",
        _queue_name=task_queue.QUEUE_SENSORY,  # Fast queue
        user_id=user_id,
        message=content
    )

    assert await queued_on(task_queue, receipt) == "arq:sensory"


async def test_convenience_methods(task_queue: Any) -> None:
    receipts = [
    await task_queue.enqueue_summarization(user_id, bot_name, session_id, messages),
    await task_queue.enqueue_knowledge_extraction(user_id, message, bot_name),
    await task_queue.enqueue_goal_analysis(user_id, bot_name, interaction_text),
    ]

    assert [await queued_on(task_queue, receipt) for receipt in receipts] == [
        "arq:cognition", "arq:sensory", "arq:sensory",
    ]
# fmt: on
