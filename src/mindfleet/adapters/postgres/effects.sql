-- What jobs send out of the house.

-- The lock of the row orders two starts that come at once. No row comes back when a later start was here.
-- name: intend
INSERT INTO effects AS e (key, job_id, kind, payload, state, fence)
VALUES ($1, $2, $3, $4, 'intent', $5)
ON CONFLICT (key) DO UPDATE
SET fence = excluded.fence,
    job_id = excluded.job_id, -- a replay may have another
    state = CASE e.state WHEN 'withdrawn' THEN 'intent' ELSE e.state END,
    payload = CASE e.state WHEN 'withdrawn' THEN excluded.payload ELSE e.payload END,
    tries = CASE e.state WHEN 'withdrawn' THEN 1 ELSE e.tries + 1 END,
    changed_at = clock_timestamp()
WHERE e.fence <= excluded.fence
RETURNING key, job_id, kind, payload, state, tries, provider_id;

-- name: sent
UPDATE effects
SET state = CASE state WHEN 'done' THEN 'done' ELSE 'sent' END, provider_id = $3, changed_at = clock_timestamp()
WHERE key = $1 AND fence = $2
RETURNING key;

-- What was sent is not kept any longer than it is needed.
-- name: done
UPDATE effects
SET state = 'done', payload = '{}', changed_at = clock_timestamp()
WHERE key = $1 AND fence = $2
RETURNING key;

-- name: unknown
UPDATE effects
SET state = 'unknown', changed_at = clock_timestamp()
WHERE key = $1 AND fence = $2 AND state IN ('intent', 'unknown')
RETURNING key;

-- name: withdraw
UPDATE effects
SET state = 'withdrawn', changed_at = clock_timestamp()
WHERE key = $1 AND fence = $2 AND state IN ('intent', 'unknown')
RETURNING key;

-- name: open
SELECT key, job_id, kind, payload, state, tries, provider_id, changed_at
FROM effects
WHERE state NOT IN ('done', 'withdrawn')
  AND changed_at <= clock_timestamp() - $1::interval
  AND ($2::text IS NULL OR state = $2)
ORDER BY changed_at, key
LIMIT $3;

-- name: one
SELECT key, job_id, kind, payload, state, tries, provider_id, changed_at FROM effects WHERE key = $1;

-- name: between
SELECT key FROM effects WHERE key BETWEEN $1 AND $2 ORDER BY key;

-- name: resolve_sent
UPDATE effects
SET state = 'sent', provider_id = $2, changed_at = clock_timestamp()
WHERE key = $1 AND state = 'unknown'
RETURNING key;

-- name: resolve_not_sent
UPDATE effects SET state = 'withdrawn', changed_at = clock_timestamp() WHERE key = $1 AND state = 'unknown' RETURNING key;

-- What a parked job has sent is remembered for as long as it may be replayed.
-- name: purge
WITH old AS (
    SELECT key
    FROM effects
    WHERE state IN ('done', 'withdrawn') AND changed_at < clock_timestamp() - $1::interval
      AND NOT EXISTS (SELECT FROM parked_jobs AS p WHERE p.job_id = effects.job_id)
    LIMIT $2
    FOR UPDATE SKIP LOCKED
), purged AS (
    DELETE FROM effects WHERE key IN (SELECT key FROM old) RETURNING key
)
SELECT count(*) AS effects FROM purged;
