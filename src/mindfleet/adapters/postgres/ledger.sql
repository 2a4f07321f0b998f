-- The ledger of jobs. The newest entry of each kind counts, so that rows do not depend on the order of writing.

-- name: queued
INSERT INTO jobs AS j (
    queued_entry, id, queue, task, bot_name, user_id, priority, lane, gates, due, seq, deadline, name, uniqueness, merge, envelope,
    supersede, again_entry, fails, retry_due, ended_entry, outcome, enqueued_at, ended_at
)
SELECT q.*, to_timestamp((q.queued_entry >> 20) / 1000.0::float8),
       CASE WHEN q.ended_entry > 0 THEN to_timestamp((q.ended_entry >> 20) / 1000.0::float8) END
FROM unnest(
    $1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::integer[], $8::text[], $9::text[],
    $10::bigint[], $11::bigint[], $12::bigint[], $13::text[], $14::text[], $15::text[], $16::bytea[], $17::boolean[],
    $18::bigint[], $19::integer[], $20::bigint[], $21::bigint[], $22::text[]
) AS q (
    queued_entry, id, queue, task, bot_name, user_id, priority, lane, gates, due, seq, deadline, name, uniqueness, merge, envelope,
    supersede, again_entry, fails, retry_due, ended_entry, outcome
)
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
    again_entry = greatest(excluded.again_entry, j.again_entry),
    fails = CASE WHEN excluded.again_entry > j.again_entry THEN excluded.fails ELSE j.fails END,
    retry_due = CASE WHEN excluded.again_entry > j.again_entry THEN excluded.retry_due ELSE j.retry_due END,
    ended_entry = greatest(excluded.ended_entry, j.ended_entry),
    outcome = CASE WHEN excluded.ended_entry > j.ended_entry THEN excluded.outcome ELSE j.outcome END,
    ended_at = CASE WHEN excluded.ended_entry > j.ended_entry THEN excluded.ended_at ELSE j.ended_at END;

-- Jobs of which nothing but what came after is heard here; most are there already.
-- name: moved
INSERT INTO jobs AS j (id, again_entry, fails, retry_due, ended_entry, outcome, ended_at)
SELECT m.*, CASE WHEN m.ended_entry > 0 THEN to_timestamp((m.ended_entry >> 20) / 1000.0::float8) END
FROM unnest($1::text[], $2::bigint[], $3::integer[], $4::bigint[], $5::bigint[], $6::text[])
    AS m (id, again_entry, fails, retry_due, ended_entry, outcome)
ON CONFLICT (id) DO UPDATE
SET again_entry = greatest(excluded.again_entry, j.again_entry),
    fails = CASE WHEN excluded.again_entry > j.again_entry THEN excluded.fails ELSE j.fails END,
    retry_due = CASE WHEN excluded.again_entry > j.again_entry THEN excluded.retry_due ELSE j.retry_due END,
    ended_entry = greatest(excluded.ended_entry, j.ended_entry),
    outcome = CASE WHEN excluded.ended_entry > j.ended_entry THEN excluded.outcome ELSE j.outcome END,
    ended_at = CASE WHEN excluded.ended_entry > j.ended_entry THEN excluded.ended_at ELSE j.ended_at END,
    envelope = CASE WHEN excluded.ended_entry > j.queued_entry THEN NULL ELSE j.envelope END;

-- name: merged
INSERT INTO merged_payloads (entry, job_id, envelope)
SELECT m.entry, m.job_id, m.envelope
FROM unnest($1::bigint[], $2::text[], $3::bytea[]) AS m (entry, job_id, envelope)
WHERE NOT EXISTS (SELECT FROM jobs AS j WHERE j.id = m.job_id AND j.ended_entry > m.entry)
ON CONFLICT (entry) DO NOTHING;

-- name: forget_merged
DELETE FROM merged_payloads AS m
USING unnest($1::text[], $2::bigint[]) AS e (job_id, entry)
WHERE m.job_id = e.job_id AND m.entry < e.entry;

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
