"""The worker of the action queue: `arq workers.action.WorkerSettings`."""

from mindfleet.queues import Queue
from workers.bootstrap import settings_of

WorkerSettings = settings_of(Queue.ACTION)
