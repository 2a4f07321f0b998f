-- What was done by itself, and when.

-- name: note
INSERT INTO schedule_runs (name, bot, due, local_date, job_id)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING;

-- name: forget
DELETE FROM schedule_runs WHERE name = $1 AND bot = $2 AND due < $3;

-- name: newest
SELECT run.name, run.bot, run.due, run.local_date, run.job_id
FROM unnest($1::text[], $2::text[]) AS wanted (name, bot)
CROSS JOIN LATERAL (
    SELECT *
    FROM schedule_runs
    WHERE schedule_runs.name = wanted.name AND schedule_runs.bot = wanted.bot
    ORDER BY due DESC, job_id DESC
    LIMIT 1
) AS run;
