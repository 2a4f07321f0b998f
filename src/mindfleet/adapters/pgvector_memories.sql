-- Vectors in PostgreSQL. Search is exact: a scope holds thousands of documents, not millions, and an index that
-- guesses would answer otherwise than Qdrant. What is rounded, and why, is in vectors.py.

-- name: index
INSERT INTO memory_vectors (id, bot_name, channel_id, visibility, kind, said_at, embedding)
VALUES ($1, $2, $3, $4, $5, $6, $7::real[]::vector)
ON CONFLICT (id) DO UPDATE
SET bot_name = excluded.bot_name,
    channel_id = excluded.channel_id,
    visibility = excluded.visibility,
    kind = excluded.kind,
    said_at = excluded.said_at,
    embedding = excluded.embedding;

-- name: remove
DELETE FROM memory_vectors WHERE id = ANY ($1);

-- name: nearest
SELECT id, 1 - distance AS score
FROM (
    SELECT id, round((embedding <=> (SELECT $1::real[]::vector))::numeric, $8) AS distance
    FROM memory_vectors
    WHERE bot_name = $2
      AND channel_id = ANY ($3)
      AND visibility = ANY ($4)
      AND kind = ANY ($5)
      AND ($6::timestamptz IS NULL OR said_at <= $6)
) AS in_scope
ORDER BY distance, id
LIMIT $7;
