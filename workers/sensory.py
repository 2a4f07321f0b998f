"""The worker of the sensory queue: `arq workers.sensory.WorkerSettings`."""

from mindfleet.queues import Queue
from workers.bootstrap import settings_of

WorkerSettings = settings_of(Queue.SENSORY)
