-- What was found, and checked, in messages.

-- name: put
INSERT INTO analyses (id, bot_name, user_id, message_ids, findings, provider, answer_key)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (id) DO NOTHING;

-- name: get
SELECT * FROM analyses WHERE id = $1;

-- name: covering
SELECT * FROM analyses WHERE message_ids && $1::uuid[] ORDER BY made_at, id;

-- name: discard
DELETE FROM analyses WHERE message_ids && $1::uuid[];

-- name: window_done
UPDATE windows SET analysed = true WHERE id = $1;
