-- Jobs that are dead until a person replays them.

CREATE TABLE parked_jobs (
    job_id      text PRIMARY KEY,
    task        text NOT NULL,
    queue       text NOT NULL,
    payload     jsonb NOT NULL,
    error       text NOT NULL,
    message     text NOT NULL,
    traceback   text NOT NULL,
    attempts    integer NOT NULL,
    enqueued_at timestamptz,
    parked_at   timestamptz NOT NULL
);
CREATE INDEX parked_jobs_by_queue ON parked_jobs (queue, parked_at);
