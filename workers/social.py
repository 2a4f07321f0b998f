"""The worker of the social queue: `arq workers.social.WorkerSettings`."""

from mindfleet.queues import Queue
from workers.bootstrap import settings_of

WorkerSettings = settings_of(Queue.SOCIAL)
