-- How users wish their bot to be: every statement is kept, the last one holds.

-- name: put
INSERT INTO preferences (bot_name, user_id, key, value, message_id, said_at, visibility, provider, answer_key)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (bot_name, user_id, key, message_id) DO UPDATE
SET value = excluded.value,
    said_at = excluded.said_at,
    visibility = excluded.visibility,
    provider = excluded.provider,
    answer_key = excluded.answer_key;

-- name: withdraw
DELETE FROM preferences WHERE message_id = ANY ($1);

-- name: of
SELECT DISTINCT ON (key COLLATE "C") *
FROM preferences
WHERE bot_name = $1 AND user_id = $2
ORDER BY key COLLATE "C", said_at DESC, message_id DESC;
