-- What was learnt. Every row names the answer that it rests on, and the messages.

-- A model's answers: paid for once, stored before anything is written because of them.
CREATE TABLE model_answers (
    key            uuid PRIMARY KEY,
    prompt         text NOT NULL,
    prompt_version text NOT NULL,
    provider       text NOT NULL,
    model          text NOT NULL,
    answer         text NOT NULL,
    input_tokens   integer NOT NULL,
    output_tokens  integer NOT NULL,
    cost_usd       double precision,
    bot_name       text NOT NULL,
    user_id        text,
    at             timestamptz NOT NULL
);

-- Every call of a model, the failed ones too.
CREATE TABLE model_calls (
    id                  uuid PRIMARY KEY,
    at                  timestamptz NOT NULL,
    key                 uuid NOT NULL,
    job_id              text,
    task                text,
    bot_name            text NOT NULL,
    user_id             text,
    provider            text NOT NULL,
    model               text NOT NULL,
    tier                text NOT NULL,
    prompt              text NOT NULL,
    prompt_version      text NOT NULL,
    repair              boolean NOT NULL,
    outcome             text NOT NULL,
    error               text,
    input_tokens        integer NOT NULL,
    cached_input_tokens integer NOT NULL,
    output_tokens       integer NOT NULL,
    tokens_estimated    boolean NOT NULL,
    cost_usd            double precision,
    latency             interval NOT NULL
);
CREATE INDEX model_calls_by_bot ON model_calls (bot_name, at);

-- What a user said, analysed and checked: the verified answer for a set of messages.
CREATE TABLE analyses (
    id          uuid PRIMARY KEY,
    bot_name    text NOT NULL,
    user_id     text NOT NULL,
    message_ids uuid[] NOT NULL,
    findings    jsonb NOT NULL,
    provider    text,                 -- null, as the key: no model was asked
    answer_key  uuid REFERENCES model_answers (key),
    made_at     timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX analyses_by_message ON analyses USING gin (message_ids);

CREATE TABLE summaries (
    id             uuid PRIMARY KEY,
    bot_name       text NOT NULL,
    channel_id     text NOT NULL,
    session_id     text NOT NULL,
    first_turn     integer NOT NULL,
    last_turn      integer NOT NULL,
    user_ids       text[] NOT NULL,
    visibility     text NOT NULL,
    content        text NOT NULL,
    meaningfulness integer NOT NULL CHECK (meaningfulness BETWEEN 1 AND 5),
    emotions       text[] NOT NULL,
    topics         text[] NOT NULL,
    kept           boolean NOT NULL,
    message_ids    uuid[] NOT NULL,
    started_at     timestamptz NOT NULL,
    ended_at       timestamptz NOT NULL,
    provider       text NOT NULL,
    answer_key     uuid NOT NULL REFERENCES model_answers (key),
    UNIQUE (session_id, first_turn, last_turn)
);
CREATE INDEX summaries_by_channel ON summaries (bot_name, channel_id, ended_at);

-- What was asserted, as it was said; the facts of the graph are derived from these rows.
CREATE TABLE assertions (
    id          uuid PRIMARY KEY,
    bot_name    text NOT NULL,
    user_id     text NOT NULL,
    subject     text NOT NULL,
    subject_key text NOT NULL,        -- the subject without case
    predicate   text NOT NULL,
    object      text NOT NULL,
    holds       boolean NOT NULL,
    since       timestamptz,
    until       timestamptz,
    confidence  double precision NOT NULL,
    quote       text NOT NULL,
    message_id  uuid NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    said_at     timestamptz NOT NULL,
    channel_id  text NOT NULL,
    visibility  text NOT NULL,
    provider    text NOT NULL,
    answer_key  uuid NOT NULL REFERENCES model_answers (key)
);
CREATE INDEX assertions_by_slot ON assertions (bot_name, user_id, predicate, subject_key);
CREATE INDEX assertions_by_message ON assertions (message_id);

-- Each time that a preference was stated; the last one holds.
CREATE TABLE preferences (
    bot_name   text NOT NULL,
    user_id    text NOT NULL,
    key        text NOT NULL,
    value      text NOT NULL,
    message_id uuid NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    said_at    timestamptz NOT NULL,
    visibility text NOT NULL,
    provider   text NOT NULL,
    answer_key uuid NOT NULL REFERENCES model_answers (key),
    PRIMARY KEY (bot_name, user_id, key, message_id)
);

CREATE TABLE goals (
    id          uuid PRIMARY KEY,
    bot_name    text NOT NULL,
    user_id     text,                 -- null: the bot's own
    slug        text NOT NULL,
    description text NOT NULL,
    criteria    text NOT NULL DEFAULT '',
    due         date,
    message_id  uuid REFERENCES messages (id) ON DELETE CASCADE,
    said_at     timestamptz,
    visibility  text NOT NULL DEFAULT 'public',
    provider    text,
    answer_key  uuid REFERENCES model_answers (key)
);
CREATE UNIQUE INDEX goals_of_bots ON goals (bot_name, slug) WHERE user_id IS NULL;
CREATE INDEX goals_of_users ON goals (bot_name, user_id);

CREATE TABLE goal_progress (
    goal_id    uuid NOT NULL REFERENCES goals (id) ON DELETE CASCADE,
    user_id    text NOT NULL,
    message_id uuid NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    status     text NOT NULL CHECK (status IN ('in_progress', 'completed')),
    progress   double precision NOT NULL CHECK (progress BETWEEN 0 AND 1),
    reasoning  text NOT NULL,
    said_at    timestamptz NOT NULL,
    provider   text NOT NULL,
    answer_key uuid NOT NULL REFERENCES model_answers (key),
    PRIMARY KEY (goal_id, user_id, message_id)
);

CREATE TABLE insights (
    id          uuid PRIMARY KEY,
    bot_name    text NOT NULL,
    user_id     text NOT NULL,
    content     text NOT NULL,
    message_ids uuid[] NOT NULL,
    visibility  text NOT NULL,
    provider    text NOT NULL,
    answer_key  uuid NOT NULL REFERENCES model_answers (key),
    read_until  timestamptz NOT NULL,
    made_at     timestamptz NOT NULL
);
CREATE INDEX insights_of_users ON insights (bot_name, user_id, made_at);
