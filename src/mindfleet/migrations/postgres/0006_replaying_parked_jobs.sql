-- Replaying: a mark says under which id a job was being put back, so that a replay which was cut off is not made twice.
-- Telling: a job whose hooks did not end, because their worker died, is found by whoever starts next.

ALTER TABLE parked_jobs
    ADD COLUMN replayed_at   timestamptz,
    ADD COLUMN replay_job_id text,
    ADD COLUMN told_at       timestamptz;

UPDATE parked_jobs SET told_at = parked_at;

CREATE INDEX parked_jobs_by_age ON parked_jobs (parked_at);
CREATE INDEX parked_jobs_untold ON parked_jobs (parked_at) WHERE told_at IS NULL;

-- Which jobs are meant; NULL asks for nothing.
CREATE FUNCTION parked_jobs_like(
    ids text[], of_queue text, of_task text, of_bot text, of_user text, of_error text, since timestamptz, until timestamptz
) RETURNS SETOF parked_jobs LANGUAGE sql STABLE AS $$
    SELECT *
    FROM parked_jobs
    WHERE (ids IS NULL OR job_id = ANY (ids))
      AND (of_queue IS NULL OR queue = of_queue)
      AND (of_task IS NULL OR task = of_task)
      AND (of_bot IS NULL OR coalesce(payload ->> 'bot_name', payload ->> 'character_name') = of_bot)
      AND (of_user IS NULL OR payload ->> 'user_id' = of_user)
      AND (of_error IS NULL OR error = of_error)
      AND (since IS NULL OR parked_at >= since)
      AND (until IS NULL OR parked_at < until)
$$;
