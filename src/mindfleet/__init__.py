"""The background mind of companion and chat bots.

A bot enqueues and recalls:

    from mindfleet import memory, task_queue

A task author also takes `Done`, `FollowUp`, `Job`, `Queue`, `Retry`, `Schedule` and `task` from here.
"""

from mindfleet import memory
from mindfleet.errors import (
    ExtraMissing,
    GiveUp,
    InvalidJob,
    MindfleetError,
    Postpone,
    QueueUnavailable,
    SettingsInvalid,
)
from mindfleet.job import BotJob, Done, FollowUp, Job
from mindfleet.jobs import JobHandle, JobPending, JobStatus
from mindfleet.queues import Queue
from mindfleet.receipt import Receipt
from mindfleet.retry import NEVER, Retry
from mindfleet.schedule import Schedule, ScheduleInvalid
from mindfleet.task import Task, task
from mindfleet.task_queue import TaskQueue, task_queue
from mindfleet.wire import JobFailed, job_deserializer, job_serializer

__all__ = [
    "NEVER",
    "BotJob",
    "Done",
    "ExtraMissing",
    "FollowUp",
    "GiveUp",
    "InvalidJob",
    "Job",
    "JobFailed",
    "JobHandle",
    "JobPending",
    "JobStatus",
    "MindfleetError",
    "Postpone",
    "Queue",
    "QueueUnavailable",
    "Receipt",
    "Retry",
    "Schedule",
    "ScheduleInvalid",
    "SettingsInvalid",
    "Task",
    "TaskQueue",
    "job_deserializer",
    "job_serializer",
    "memory",
    "task",
    "task_queue",
]
