-- What was said: bots, sessions, windows and messages.

CREATE TABLE bots (
    name          text PRIMARY KEY,
    voice         text NOT NULL DEFAULT '',
    timezone      text NOT NULL DEFAULT 'UTC',
    registered_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE users (
    bot_name text NOT NULL,
    user_id  text NOT NULL,
    name     text NOT NULL,
    timezone text,
    PRIMARY KEY (bot_name, user_id)
);

CREATE TABLE sessions (
    id          text PRIMARY KEY,
    bot_name    text NOT NULL,
    channel_id  text NOT NULL,
    started_at  timestamptz NOT NULL,
    last_at     timestamptz NOT NULL,
    turns       integer NOT NULL DEFAULT 0,
    summarized  integer NOT NULL DEFAULT 0,
    ended       boolean NOT NULL DEFAULT false,
    external_id text,
    touched_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sessions_by_channel ON sessions (bot_name, channel_id, last_at);
CREATE UNIQUE INDEX sessions_by_external_id ON sessions (bot_name, external_id) WHERE external_id IS NOT NULL;

CREATE TABLE windows (
    id         text PRIMARY KEY,
    bot_name   text NOT NULL,
    user_id    text NOT NULL,
    session_id text NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    opened_at  timestamptz NOT NULL,
    last_at    timestamptz NOT NULL,
    closed     boolean NOT NULL DEFAULT false,
    analysed   boolean NOT NULL DEFAULT false,
    touched_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX windows_by_session ON windows (session_id);
CREATE INDEX windows_to_analyse ON windows (bot_name) WHERE NOT analysed;

CREATE TABLE messages (
    id          uuid PRIMARY KEY,
    bot_name    text NOT NULL,
    channel_id  text NOT NULL,
    user_id     text NOT NULL,
    role        text NOT NULL CHECK (role IN ('user', 'assistant')),
    speaker     text NOT NULL,
    content     text NOT NULL,
    sent_at     timestamptz NOT NULL,
    visibility  text NOT NULL CHECK (visibility IN ('dm', 'channel', 'public')),
    message_id  text,
    session_id  text REFERENCES sessions (id) ON DELETE SET NULL,
    number      integer,
    window_id   text REFERENCES windows (id) ON DELETE SET NULL,
    is_turn     boolean NOT NULL DEFAULT true,
    previous    uuid,
    external_id text,
    arrival     bigint GENERATED ALWAYS AS IDENTITY,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    edited_at   timestamptz
);
CREATE INDEX messages_by_session ON messages (session_id, sent_at, arrival);
CREATE INDEX messages_by_window ON messages (window_id);
CREATE INDEX messages_by_channel ON messages (bot_name, channel_id, user_id);
CREATE INDEX messages_by_user ON messages (bot_name, user_id, sent_at);
CREATE INDEX messages_waiting ON messages (previous) WHERE number IS NULL;

-- Which row a job of the seeds' calls found or made for the n-th text of its payload.
CREATE TABLE given (
    task       text NOT NULL,
    job_id     text NOT NULL,
    position   integer NOT NULL,
    message_id uuid NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    PRIMARY KEY (task, job_id, position)
);
CREATE INDEX given_by_message ON given (message_id, task);
