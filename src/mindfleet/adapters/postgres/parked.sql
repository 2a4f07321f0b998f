-- Jobs that need a person.

-- name: park
INSERT INTO parked_jobs (job_id, task, queue, payload, error, message, traceback, attempts, enqueued_at, parked_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (job_id) DO UPDATE
SET task = excluded.task,
    queue = excluded.queue,
    payload = excluded.payload,
    error = excluded.error,
    message = excluded.message,
    traceback = excluded.traceback,
    attempts = excluded.attempts,
    enqueued_at = excluded.enqueued_at,
    parked_at = excluded.parked_at;

-- name: all
SELECT *
FROM parked_jobs
WHERE $1::text IS NULL OR queue = $1
ORDER BY parked_at DESC, job_id COLLATE "C"
LIMIT $2;

-- name: counts
SELECT queue, count(*) AS jobs FROM parked_jobs GROUP BY queue;
