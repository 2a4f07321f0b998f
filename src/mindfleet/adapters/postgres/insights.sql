-- What was seen across sessions.

-- name: put
INSERT INTO insights (id, bot_name, user_id, content, message_ids, visibility, provider, answer_key, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (id) DO NOTHING;

-- name: of
SELECT * FROM insights WHERE bot_name = $1 AND user_id = $2 ORDER BY made_at DESC, id LIMIT $3;
