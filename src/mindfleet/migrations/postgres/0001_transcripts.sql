-- What was said: bots, sessions, windows and messages.

CREATE TABLE bots (
    name          text PRIMARY KEY,
    voice         text NOT NULL DEFAULT '',
    timezone      text NOT NULL DEFAULT 'UTC',
    registered_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE sessions (
    id          text PRIMARY KEY,
    bot_name    text NOT NULL,
    channel_id  text NOT NULL,
    started_at  timestamptz NOT NULL,
    last_at     timestamptz NOT NULL,
    turns       integer NOT NULL,
    summarized  integer NOT NULL,
    ended       boolean NOT NULL,
    external_id text,
    touched_at  timestamptz NOT NULL DEFAULT clock_timestamp()  -- by the wall clock
);
CREATE INDEX sessions_by_channel ON sessions (bot_name, channel_id, last_at);
-- Not unique: a bot may go on with its own session after the pause that ends ours.
CREATE INDEX sessions_by_external_id ON sessions (bot_name, external_id) WHERE external_id IS NOT NULL;

CREATE TABLE windows (
    id         text PRIMARY KEY,
    bot_name   text NOT NULL,
    user_id    text NOT NULL,
    session_id text NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    opened_at  timestamptz NOT NULL,
    last_at    timestamptz NOT NULL,
    closed     boolean NOT NULL,
    analysed   boolean NOT NULL DEFAULT false
);
CREATE INDEX windows_by_session ON windows (session_id) WHERE NOT closed;
CREATE INDEX windows_to_analyse ON windows (bot_name) WHERE NOT analysed;

CREATE TABLE messages (
    id            uuid PRIMARY KEY,
    bot_name      text NOT NULL,
    channel_id    text NOT NULL,
    user_id       text NOT NULL,
    role          text NOT NULL CHECK (role IN ('user', 'assistant')),
    speaker       text NOT NULL,
    content       text NOT NULL,
    sent_at       timestamptz NOT NULL,
    visibility    text NOT NULL CHECK (visibility IN ('dm', 'channel', 'public')),
    message_id    text,
    reply_to      text,
    user_timezone text,
    is_turn       boolean NOT NULL,  -- false: evidence only, without a place in the conversation
    session_id    text REFERENCES sessions (id) ON DELETE SET NULL,
    number        integer,
    window_id     text REFERENCES windows (id) ON DELETE SET NULL,
    previous      uuid,              -- takes its place after this one
    arrival       bigint GENERATED ALWAYS AS IDENTITY,
    recorded_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    edited_at     timestamptz
);
CREATE INDEX messages_by_session ON messages (session_id, sent_at, arrival);
CREATE INDEX messages_by_window ON messages (window_id);
CREATE INDEX messages_by_channel ON messages (bot_name, channel_id, user_id, sent_at);
CREATE INDEX messages_by_user ON messages (bot_name, user_id, channel_id);
CREATE INDEX messages_by_zone ON messages (bot_name, user_id, sent_at) WHERE user_timezone IS NOT NULL;
CREATE INDEX messages_waiting ON messages (previous) WHERE session_id IS NULL;

-- Which row a job of the seeds' calls found or made for the n-th text of its payload.
CREATE TABLE given (
    task       text NOT NULL,
    job_id     text NOT NULL,
    position   integer NOT NULL,
    message_id uuid NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    PRIMARY KEY (task, job_id, position)
);
CREATE INDEX given_by_message ON given (message_id, task);
