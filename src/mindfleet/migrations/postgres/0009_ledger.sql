-- Every durable job, copied from the stream of Redis, and everything that jobs send out of the house.

-- A row is what is known of a job from all entries of the stream that named it. The newest entry of each kind counts,
-- whatever the order in which they are written, so that writing them twice changes nothing. An entry's number is its
-- id in the stream, milliseconds and count in one: ms * 2^20 + count.
CREATE TABLE jobs (
    id           text PRIMARY KEY,
    queued_entry bigint NOT NULL DEFAULT 0,   -- 0: only what came after has been heard of yet
    again_entry  bigint NOT NULL DEFAULT 0,
    ended_entry  bigint NOT NULL DEFAULT 0,
    state        text NOT NULL GENERATED ALWAYS AS (
                     CASE WHEN ended_entry > queued_entry THEN 'ended' ELSE 'queued' END
                 ) STORED,
    queue        text NOT NULL DEFAULT '',
    task         text NOT NULL DEFAULT '',
    bot_name     text NOT NULL DEFAULT '',
    user_id      text NOT NULL DEFAULT '',
    priority     integer,
    lane         text NOT NULL DEFAULT '',
    gates        text NOT NULL DEFAULT '',
    due          bigint,                      -- ms since 1970, as Redis has it
    seq          bigint,
    deadline     bigint,                      -- ms since 1970
    name         text NOT NULL DEFAULT '',    -- of its deduplication
    uniqueness   text NOT NULL DEFAULT '',
    merge        text NOT NULL DEFAULT '',
    envelope     bytea,                       -- what a worker reads; gone with the end of the job
    fails        integer NOT NULL DEFAULT 0,  -- as of again_entry
    retry_due    bigint,                      -- ms since 1970, as of again_entry
    outcome      text,                        -- as of ended_entry
    enqueued_at  timestamptz,
    ended_at     timestamptz
);
CREATE INDEX jobs_unfinished ON jobs (queued_entry) WHERE ended_entry < queued_entry;
CREATE INDEX jobs_by_end ON jobs (ended_at) WHERE ended_at IS NOT NULL;

-- intent: about to be sent, or on its way. sent: the provider has it. done: so has the job what follows from it.
-- unknown: it may have been sent, and only a person can tell. withdrawn: it certainly was not sent.
CREATE TABLE effects (
    key         uuid PRIMARY KEY,
    job_id      text NOT NULL,
    kind        text NOT NULL,
    payload     jsonb NOT NULL,
    state       text NOT NULL CHECK (state IN ('intent', 'sent', 'done', 'unknown', 'withdrawn')),
    fence       bigint NOT NULL,              -- the latest start of the job that came here
    tries       integer NOT NULL DEFAULT 1,
    provider_id text,
    intended_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX effects_by_job ON effects (job_id);
CREATE INDEX effects_open ON effects (changed_at) WHERE state NOT IN ('done', 'withdrawn');
CREATE INDEX effects_by_end ON effects (changed_at) WHERE state IN ('done', 'withdrawn');

-- What conversations have left to do is looked for among those that were touched of late.
CREATE INDEX sessions_by_touch ON sessions (touched_at);
