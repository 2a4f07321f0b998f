-- The ledger of jobs. The newest entry of each kind counts, so that rows do not depend on the order of writing.

-- name: queued
WITH q AS (
    SELECT * FROM unnest($1::accepted_job[])
), forgotten AS (
    DELETE FROM merged_payloads AS m USING q WHERE m.job_id = q.id AND m.entry < q.ended_entry
)
INSERT INTO jobs AS j (
    queued_entry, id, queue, task, bot_name, user_id, priority, lane, gates, due, seq, deadline, name, uniqueness, merge, envelope,
    supersede, ended_entry, outcome, enqueued_at, ended_at
)
SELECT q.*, to_timestamp((q.queued_entry >> 20) / 1000.0::float8),
       CASE WHEN q.ended_entry > 0 THEN to_timestamp((q.ended_entry >> 20) / 1000.0::float8) END
FROM q
ON CONFLICT (id) DO UPDATE
SET (queued_entry, queue, task, bot_name, user_id, priority, lane, gates, due, seq, deadline, name, uniqueness, merge,
         supersede, enqueued_at) = (
        SELECT (newest.r).queued_entry, (newest.r).queue, (newest.r).task, (newest.r).bot_name, (newest.r).user_id,
               (newest.r).priority, (newest.r).lane, (newest.r).gates, (newest.r).due, (newest.r).seq,
               (newest.r).deadline, (newest.r).name, (newest.r).uniqueness, (newest.r).merge, (newest.r).supersede,
               (newest.r).enqueued_at
        FROM (SELECT CASE WHEN excluded.queued_entry > j.queued_entry THEN excluded ELSE j END AS r) AS newest
    ),
    envelope = CASE
        WHEN greatest(excluded.ended_entry, j.ended_entry) > greatest(excluded.queued_entry, j.queued_entry) THEN NULL
        WHEN excluded.queued_entry > j.queued_entry THEN excluded.envelope
        ELSE j.envelope
    END,
    ended_entry = greatest(excluded.ended_entry, j.ended_entry),
    outcome = CASE WHEN excluded.ended_entry > j.ended_entry THEN excluded.outcome ELSE j.outcome END,
    ended_at = CASE WHEN excluded.ended_entry > j.ended_entry THEN excluded.ended_at ELSE j.ended_at END;

-- Its job is there already, as a rule.
-- name: again
INSERT INTO jobs AS j (again_entry, id, fails, retry_due)
SELECT a.* FROM unnest($1::bigint[], $2::text[], $3::integer[], $4::bigint[]) AS a (again_entry, id, fails, retry_due)
ON CONFLICT (id) DO UPDATE
SET (again_entry, fails, retry_due) = (excluded.again_entry, excluded.fails, excluded.retry_due)
WHERE excluded.again_entry > j.again_entry;

-- name: ended
WITH forgotten AS (
    DELETE FROM merged_payloads AS m
    USING unnest($1::bigint[], $2::text[]) AS e (entry, id)
    WHERE m.job_id = e.id AND m.entry < e.entry
)
INSERT INTO jobs AS j (ended_entry, id, outcome, ended_at)
SELECT e.*, to_timestamp((e.ended_entry >> 20) / 1000.0::float8)
FROM unnest($1::bigint[], $2::text[], $3::text[]) AS e (ended_entry, id, outcome)
ON CONFLICT (id) DO UPDATE
SET (ended_entry, outcome, ended_at) = (excluded.ended_entry, excluded.outcome, excluded.ended_at),
    envelope = CASE WHEN excluded.ended_entry > j.queued_entry THEN NULL ELSE j.envelope END
WHERE excluded.ended_entry > j.ended_entry;

-- name: merged
INSERT INTO merged_payloads (entry, job_id, envelope)
SELECT m.entry, m.job_id, m.envelope
FROM unnest($1::bigint[], $2::text[], $3::bytea[]) AS m (entry, job_id, envelope)
WHERE NOT EXISTS (SELECT FROM jobs AS j WHERE j.id = m.job_id AND j.ended_entry > m.entry)
ON CONFLICT (entry) DO NOTHING;

-- name: merged_into_unfinished
SELECT m.entry, m.job_id AS id, m.envelope
FROM merged_payloads AS m
JOIN jobs AS j ON j.id = m.job_id
WHERE m.entry > $1 AND m.entry > j.queued_entry AND j.ended_entry < j.queued_entry
ORDER BY m.entry
LIMIT $2;

-- name: unfinished
SELECT queued_entry AS entry, id
FROM jobs
WHERE ended_entry < queued_entry AND queued_entry > $1 AND ($2::bigint IS NULL OR queued_entry <= $2)
ORDER BY queued_entry
LIMIT $3;

-- name: of_unfinished
SELECT queued_entry AS entry, id, queue, task, bot_name, user_id, priority, lane, gates,
       CASE WHEN again_entry > queued_entry THEN coalesce(retry_due, due) ELSE due END AS due,
       seq, deadline, name, uniqueness AS unique, merge, envelope, supersede,
       ARRAY (
           SELECT m.envelope FROM merged_payloads AS m WHERE m.job_id = j.id AND m.entry > j.queued_entry ORDER BY m.entry
       ) AS merged,
       CASE WHEN again_entry > queued_entry THEN fails ELSE 0 END AS fails,
       (SELECT coalesce(max(e.fence), 0) FROM effects AS e WHERE e.job_id = j.id) AS starts
FROM jobs AS j
WHERE id = ANY ($1::text[]) AND ended_entry < queued_entry
ORDER BY queued_entry;

-- name: without_row
SELECT given.id
FROM unnest($1::text[]) WITH ORDINALITY AS given (id, place)
WHERE NOT EXISTS (SELECT FROM jobs AS j WHERE j.id = given.id AND j.ended_entry < j.queued_entry)
ORDER BY given.place;

-- name: states
SELECT id, queued_entry AS entry, CASE WHEN ended_entry > queued_entry THEN outcome END AS outcome,
       CASE WHEN ended_entry > queued_entry THEN ended_at END AS ended_at
FROM jobs
WHERE id = ANY ($1::text[]) AND greatest(queued_entry, ended_entry) > 0;

-- name: last_entry
SELECT greatest(
    (SELECT max(queued_entry) FROM jobs WHERE ended_entry < queued_entry),
    (SELECT max(ended_entry) FROM jobs WHERE ended_at > clock_timestamp() - interval '1 day'),
    (SELECT max(entry) FROM merged_payloads)
) AS entry;

-- name: purge
WITH old AS (
    SELECT id
    FROM jobs
    WHERE ended_at < clock_timestamp() - $1::interval AND state = 'ended'
    LIMIT $2
    FOR UPDATE SKIP LOCKED
), purged AS (
    DELETE FROM jobs WHERE id IN (SELECT id FROM old) RETURNING id
)
SELECT count(*) AS jobs FROM purged;
