-- Which model makes the vectors of a collection.

-- name: declare
INSERT INTO vector_collections (name, embedder, dimensions) VALUES ($1, $2, $3)
ON CONFLICT (name) DO NOTHING;

-- name: declared
SELECT embedder, dimensions FROM vector_collections WHERE name = $1;
