-- Jobs that need a person.

-- name: park
INSERT INTO parked_jobs (job_id, task, queue, payload, error, message, traceback, attempts, enqueued_at, parked_at,
    origin_id, call, starts)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (job_id) DO UPDATE
SET task = excluded.task,
    queue = excluded.queue,
    payload = excluded.payload,
    error = excluded.error,
    message = excluded.message,
    traceback = excluded.traceback,
    attempts = excluded.attempts,
    enqueued_at = excluded.enqueued_at,
    parked_at = excluded.parked_at,
    origin_id = excluded.origin_id,
    call = excluded.call,
    starts = excluded.starts,
    replayed_at = NULL,
    replay_job_id = NULL,
    told_at = NULL;

-- name: all
SELECT job_id, task, queue, payload, error, message, traceback, attempts, enqueued_at, parked_at, replayed_at, replay_job_id,
       origin_id, call, starts
FROM parked_jobs_like($1, $2, $3, $4, $5, $6, $7, $8)
ORDER BY parked_at DESC, job_id COLLATE "C"
LIMIT $9;

-- name: ids
SELECT job_id
FROM parked_jobs_like($1, $2, $3, $4, $5, $6, $7, $8)
ORDER BY parked_at, job_id COLLATE "C";

-- name: count
SELECT count(*) AS jobs FROM parked_jobs_like($1, $2, $3, $4, $5, $6, $7, $8);

-- name: counts
SELECT queue, count(*) AS jobs FROM parked_jobs GROUP BY queue;

-- name: discard
WITH gone AS (
    DELETE FROM parked_jobs
    WHERE job_id IN (SELECT job_id FROM parked_jobs_like($1, $2, $3, $4, $5, $6, $7, $8))
    RETURNING job_id
)
SELECT count(*) AS jobs FROM gone;

-- name: mark_replay
UPDATE parked_jobs SET replay_job_id = $2, replayed_at = $3 WHERE job_id = $1;

-- name: replayed
DELETE FROM parked_jobs WHERE job_id = $1 AND replayed_at IS NOT NULL;

-- name: untold
SELECT job_id, task, queue, payload, error, message, traceback, attempts, enqueued_at, parked_at, replayed_at, replay_job_id,
       origin_id, call, starts
FROM parked_jobs
WHERE told_at IS NULL AND parked_at < $1
ORDER BY parked_at, job_id COLLATE "C"
LIMIT 100;

-- name: told
UPDATE parked_jobs SET told_at = clock_timestamp() WHERE job_id = $1 AND parked_at = $2;
