"""The worker of the cognition queue: `arq workers.cognition.WorkerSettings`."""

from mindfleet.queues import Queue
from workers.bootstrap import settings_of

WorkerSettings = settings_of(Queue.COGNITION)
