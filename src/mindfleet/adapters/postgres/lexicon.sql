-- BM25 over the words of documents. Everything is counted within the scope of a search: what others said has no part.

-- name: add_scope
INSERT INTO recall_scopes (bot_name, channel_id, visibility, kind)
SELECT $1, $2, $3, $4
WHERE NOT EXISTS (
    SELECT FROM recall_scopes WHERE bot_name = $1 AND channel_id = $2 AND visibility = $3 AND kind = $4
)
ON CONFLICT (bot_name, channel_id, visibility, kind) DO NOTHING;

-- name: scope
SELECT number FROM recall_scopes WHERE bot_name = $1 AND channel_id = $2 AND visibility = $3 AND kind = $4;

-- Beyond 100,000 letters a text adds no words.
-- name: add
INSERT INTO documents (id, scope, user_id, speaker, said_at, text, sources, words, length)
SELECT $1, $2, $3, $4, $5, $6, $7, words, (SELECT coalesce(sum(cardinality(positions)), 0) FROM unnest(words))
FROM to_tsvector($8::text::regconfig, left($9, 100000)) AS words
ON CONFLICT (id) DO NOTHING
RETURNING id;

-- name: lock
SELECT FROM documents WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE;

-- name: remove_words
DELETE FROM document_words AS w
USING documents AS d
WHERE d.id = ANY ($1::uuid[])
  AND w.scope = d.scope AND w.word = ANY (tsvector_to_array(d.words)) AND w.document = d.number;

-- name: change
UPDATE documents
SET scope = $2, user_id = $3, speaker = $4, said_at = $5, text = $6, sources = $7, words = new.words,
    length = (SELECT coalesce(sum(cardinality(positions)), 0) FROM unnest(new.words))
FROM to_tsvector($8::text::regconfig, left($9, 100000)) AS new (words)
WHERE id = $1;

-- name: add_words
INSERT INTO document_words (scope, word, document, frequency, length, said_at)
SELECT d.scope, w.lexeme, d.number, cardinality(w.positions), d.length, d.said_at
FROM documents AS d, unnest(d.words) AS w
WHERE d.id = $1;

-- name: remove
DELETE FROM documents WHERE id = ANY ($1::uuid[]);

-- name: documents
SELECT d.id, s.bot_name, s.channel_id, s.visibility, s.kind, d.user_id, d.speaker, d.said_at, d.text, d.sources
FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted (id, place)
JOIN documents AS d ON d.id = wanted.id
JOIN recall_scopes AS s ON s.number = d.scope
ORDER BY wanted.place;

-- $1 configuration, $2 question, $3 bot, $4 channels, $5 visibilities, $6 kinds, $7 until, $8 k1, $9 b, $10 limit.
-- name: matching
WITH collection AS (
    SELECT count(*)::float8 AS documents, greatest(avg(length), 1)::float8 AS mean_length
    FROM documents
    WHERE scope = ANY (ARRAY (
        SELECT number FROM recall_scopes
        WHERE bot_name = $3 AND channel_id = ANY ($4::text[]) AND visibility = ANY ($5::text[]) AND kind = ANY ($6::text[])
    )) AND ($7::timestamptz IS NULL OR said_at <= $7)
), held AS MATERIALIZED (
    SELECT word, document, frequency::float8 AS frequency, length::float8 AS length
    FROM document_words
    WHERE scope = ANY (ARRAY (
        SELECT number FROM recall_scopes
        WHERE bot_name = $3 AND channel_id = ANY ($4::text[]) AND visibility = ANY ($5::text[]) AND kind = ANY ($6::text[])
    )) AND word = ANY (ARRAY (SELECT lexeme FROM unnest(to_tsvector($1::text::regconfig, left($2, 100000)))))
      AND ($7::timestamptz IS NULL OR said_at <= $7)
), found AS MATERIALIZED (
    SELECT word, count(*)::float8 AS documents FROM held GROUP BY word
), weight AS MATERIALIZED (
    SELECT f.word,
           ln(1 + (c.documents - f.documents + 0.5) / (f.documents + 0.5)) * ($8::float8 + 1) AS idf,
           $8::float8 * (1 - $9::float8) AS short,
           $8::float8 * $9::float8 / c.mean_length AS long
    FROM found AS f, collection AS c
), best AS (
    -- Rounded, so that equal documents are equal in whatever order their words were added up.
    SELECT h.document, round(1e9 * sum(w.idf * h.frequency / (h.frequency + w.short + w.long * h.length))) / 1e9 AS score
    FROM held AS h
    JOIN weight AS w USING (word)
    GROUP BY h.document
    ORDER BY score DESC
    FETCH FIRST $10 ROWS WITH TIES
)
SELECT d.id, best.score
FROM best
JOIN documents AS d ON d.number = best.document
ORDER BY best.score DESC, d.id
LIMIT $10;
