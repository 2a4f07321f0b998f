"""From arq's worker to the runner of its functions."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from arq.worker import Worker

from mindfleet.runtime.arq_job import Ways
from mindfleet.runtime.arq_jobs import ArqJobs


@asynccontextmanager
async def arq_functions(worker: Worker, *, aborted: Callable[[str, int], bool]) -> AsyncGenerator[ArqJobs]:
    """Runs the functions of a worker that was built with arq's arguments alone.

    Args:
        worker: what it was built with.
        aborted: whether a job of that id, enqueued at that time (ms), was aborted.
    """
    jobs = ArqJobs(
        Ways(
            functions=worker.functions,
            context=worker.ctx,
            queue=worker.queue_name,
            timeout=worker.job_timeout_s,
            keep_result=worker.keep_result_s,
            keep_result_forever=worker.keep_result_forever,
            max_tries=worker.max_tries,
            retries=lambda: worker.retry_jobs,
            log_results=worker.log_results,
            serializer=worker.job_serializer,
            deserializer=worker.job_deserializer,
            on_job_start=worker.on_job_start,
            on_job_end=worker.on_job_end,
            after_job_end=worker.after_job_end,
            aborted=aborted,
        ),
        worker,
    )
    worker.job_tasks = jobs.tasks
    yield jobs
    await jobs.close()
