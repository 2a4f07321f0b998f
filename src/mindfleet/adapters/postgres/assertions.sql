-- What was asserted, as it was said.

-- name: remove
DELETE FROM assertions
WHERE bot_name = $1 AND user_id = $2 AND message_id = ANY ($3::uuid[])
RETURNING subject, predicate;

-- name: put
INSERT INTO assertions (
    id, bot_name, user_id, subject, subject_key, predicate, object, holds, since, until, confidence, quote, message_id,
    said_at, channel_id, visibility, provider, answer_key
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
ON CONFLICT (id) DO NOTHING;

-- name: heard
SELECT *
FROM assertions
WHERE bot_name = $1 AND user_id = ANY ($2::text[]) AND channel_id = ANY ($3::text[]) AND visibility = ANY ($4::text[])
ORDER BY said_at, id;

-- name: in_slot
SELECT *
FROM assertions
WHERE bot_name = $1 AND user_id = $2 AND subject_key = $3 AND predicate = $4
ORDER BY said_at, id;
