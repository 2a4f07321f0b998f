-- Vectors in PostgreSQL, for a machine without Qdrant.

CREATE EXTENSION IF NOT EXISTS vector;

CREATE TABLE memory_vectors (
    id         uuid PRIMARY KEY,
    bot_name   text NOT NULL,
    channel_id text NOT NULL,
    visibility text NOT NULL,
    kind       text NOT NULL,
    said_at    timestamptz NOT NULL,
    embedding  vector NOT NULL
);
CREATE INDEX memory_vectors_in_scope ON memory_vectors (bot_name, channel_id, kind);
