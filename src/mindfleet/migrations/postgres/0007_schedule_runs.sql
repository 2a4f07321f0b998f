-- What was done by itself: one row an occurrence, so that Redis may forget its schedule and nothing runs twice for a bot
-- and a local date. A row without a job says since when a schedule is known.

CREATE TABLE schedule_runs (
    name       text NOT NULL,
    bot        text NOT NULL,
    due        timestamptz NOT NULL,
    local_date date,
    job_id     text NOT NULL,
    PRIMARY KEY (name, bot, job_id)
);
CREATE INDEX schedule_runs_by_due ON schedule_runs (name, bot, due DESC);
