-- What can be recalled, and its words. The vectors lie in Qdrant or pgvector under the same ids.

-- Documents that are heard, or not heard, together.
CREATE TABLE recall_scopes (
    number     integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bot_name   text NOT NULL,
    channel_id text NOT NULL,
    visibility text NOT NULL CHECK (visibility IN ('dm', 'channel', 'public')),
    kind       text NOT NULL CHECK (kind IN ('turn', 'fact', 'summary')),
    UNIQUE (bot_name, channel_id, visibility, kind)
);

CREATE TABLE documents (
    id      uuid PRIMARY KEY,
    number  integer GENERATED ALWAYS AS IDENTITY UNIQUE,
    scope   integer NOT NULL REFERENCES recall_scopes (number),
    user_id text NOT NULL,
    speaker text NOT NULL,
    said_at timestamptz NOT NULL,
    text    text NOT NULL,
    sources uuid[] NOT NULL,
    words   tsvector NOT NULL,
    length  integer NOT NULL      -- how many words, counted as often as they stand there
);
CREATE INDEX documents_in_scope ON documents (scope, said_at) INCLUDE (length);

-- Which document holds which word how often: all that a search reads lies in the index, one scope beside the other.
CREATE TABLE document_words (
    scope     integer NOT NULL,
    word      text COLLATE "C" NOT NULL,
    document  integer NOT NULL,   -- its number
    frequency smallint NOT NULL,
    length    integer NOT NULL,   -- of the document
    said_at   timestamptz NOT NULL,
    PRIMARY KEY (scope, word, document) INCLUDE (frequency, length, said_at)
);

-- An index is read without its table only where a vacuum has passed: it passes often.
ALTER TABLE documents SET (autovacuum_vacuum_insert_scale_factor = 0.05);
ALTER TABLE document_words SET (autovacuum_vacuum_insert_scale_factor = 0.05);

-- Which model made the vectors of a collection; another one is refused.
CREATE TABLE vector_collections (
    name       text PRIMARY KEY,
    embedder   text NOT NULL,
    dimensions integer NOT NULL
);
