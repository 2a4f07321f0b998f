-- What can be recalled, and its words. The vectors lie in Qdrant or pgvector under the same ids.

CREATE TABLE documents (
    id         uuid PRIMARY KEY,
    bot_name   text NOT NULL,
    channel_id text NOT NULL,
    visibility text NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('turn', 'fact', 'summary')),
    user_id    text NOT NULL,
    speaker    text NOT NULL,
    said_at    timestamptz NOT NULL,
    text       text NOT NULL,
    sources    uuid[] NOT NULL,
    words      tsvector NOT NULL,
    length     integer NOT NULL      -- how many words, counted as often as they stand there
);
CREATE INDEX documents_in_scope ON documents (bot_name, channel_id, kind) INCLUDE (length, visibility, said_at);
CREATE INDEX documents_by_word ON documents USING gin (words);

-- Which model made the vectors of a collection; another one is refused.
CREATE TABLE vector_collections (
    name       text PRIMARY KEY,
    embedder   text NOT NULL,
    dimensions integer NOT NULL
);
