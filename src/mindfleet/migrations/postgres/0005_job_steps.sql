-- What a job changed in its channel, in one transaction with the change itself: when the job is cut off before the jobs
-- that follow are enqueued, its next run finds here what has to follow. No text of a message is among it.

CREATE TABLE job_steps (
    job_id   text PRIMARY KEY,
    steps    jsonb NOT NULL,
    noted_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX job_steps_by_age ON job_steps (noted_at);
