-- What was seen across sessions.

-- name: newer
SELECT FROM insights WHERE bot_name = $1 AND user_id = $2 AND read_until > $3 LIMIT 1;

-- name: outdated
DELETE FROM insights WHERE bot_name = $1 AND user_id = $2 AND message_ids <@ $3 AND NOT id = ANY ($4);

-- name: put
INSERT INTO insights
    (id, bot_name, user_id, content, message_ids, visibility, provider, answer_key, read_until, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (id) DO UPDATE SET
    message_ids = excluded.message_ids, visibility = excluded.visibility, read_until = excluded.read_until;

-- name: of
SELECT * FROM insights WHERE bot_name = $1 AND user_id = $2 ORDER BY made_at DESC, id LIMIT $3;
