"""Learn the facts that a message states: who, what, since when."""

from datetime import timedelta
from typing import ClassVar

from mindfleet.analysis.learning import Learning
from mindfleet.analysis.sources import Sources
from mindfleet.job import Done
from mindfleet.payloads import AboutText
from mindfleet.queues import Queue
from mindfleet.retry import Retry
from mindfleet.task import EXTRACTION, task


class KnowledgeExtraction(AboutText):
    positional: ClassVar = ("user_id", "message", "bot_name?")


@task(
    queue=Queue.SENSORY,
    timeout=timedelta(minutes=2),
    retry=Retry(attempts=8, first=timedelta(seconds=2)),
    priority=EXTRACTION,
    feature="runtime_fact_extraction",
)
async def run_knowledge_extraction(job: KnowledgeExtraction, sources: Sources, learning: Learning) -> Done:
    """Read the message, check what was found, and write it to the graph of facts."""
    source = await sources.of(job, task="run_knowledge_extraction")
    return Done(result={"facts": await learning.learn(source.analyses)}, then=source.then)
