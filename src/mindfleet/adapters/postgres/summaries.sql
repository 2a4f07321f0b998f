-- Summaries of spans of sessions.

-- name: put
INSERT INTO summaries (
    id, bot_name, channel_id, session_id, first_turn, last_turn, user_ids, visibility, content, meaningfulness, emotions,
    topics, kept, message_ids, started_at, ended_at, provider, answer_key
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
ON CONFLICT DO NOTHING;

-- name: of_span
SELECT * FROM summaries WHERE session_id = $1 AND first_turn = $2 AND last_turn = $3;

-- name: of_session
SELECT * FROM summaries WHERE session_id = $1 ORDER BY first_turn, last_turn;

-- name: spans
SELECT session_id, first_turn AS first, last_turn AS last
FROM summaries
WHERE session_id = ANY ($1::text[])
ORDER BY session_id, first_turn, last_turn;

-- name: in_channels
SELECT *
FROM summaries
WHERE bot_name = $1 AND channel_id = ANY ($2::text[]) AND visibility = ANY ($3::text[])
  AND ($4::timestamptz IS NULL OR ended_at <= $4)
  AND (kept OR NOT $5)
ORDER BY ended_at DESC, id
LIMIT $6;
