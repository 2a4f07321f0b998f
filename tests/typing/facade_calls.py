"""Calls of the facade as a type checker sees them; `test_facade_types.py` runs mypy and pyright on this file.

A line that ends with `# E` must be an error, and no other.
"""

from datetime import UTC, datetime, timedelta

from mindfleet import Receipt, TaskQueue, memory

NOW = datetime(2026, 3, 2, tzinfo=UTC)


async def bot(task_queue: TaskQueue) -> str:
    receipt: Receipt = await task_queue.enqueue_summarization("ana", "juniper", "s1")
    await task_queue.enqueue_summarization("ana", "juniper", "s1", [{"role": "user", "content": "hi"}])
    await task_queue.enqueue_reflection("ana", "juniper", _defer_by=60)
    await task_queue.enqueue_reflection("ana", _defer_by=timedelta(minutes=1), _job_id="r1")
    await task_queue.enqueue_knowledge_extraction("ana", "I live in Oslo", "juniper")
    await task_queue.enqueue_message("juniper", "ana", "c", "m1", "user", "hello", NOW, visibility="channel")
    await task_queue.end_session("juniper", "c")
    await task_queue.wait(receipt, 5)
    known = await memory.recall("juniper", "ana", "where?", 500, audience="dm")
    context: str = known.context

    await task_queue.enqueue_summarization("ana", "juniper")  # E
    await task_queue.enqueue_reflection(1, "juniper")  # E
    await task_queue.enqueue_reflection("ana", "juniper", delay=60)  # E
    await task_queue.enqueue_message("juniper", "ana", "c", "m1", "user", "hello", "now")  # E
    await task_queue.enqueue_message("juniper", "ana", "c", "m1", "user", "hello", NOW, visibility="secret")  # E
    await task_queue.enqueue_diary("juniper")  # E
    await memory.recall("juniper", "ana", "where?", 500)  # E
    await memory.recall("juniper", "ana", "where?", 500, audience="everyone")  # E
    return context
