-- What the transcripts say of a bot and a user.

-- name: of
SELECT
    coalesce((array_agg(speaker ORDER BY sent_at DESC, arrival DESC) FILTER (WHERE role = 'user' AND speaker <> user_id))[1],
             $2) AS user_name,
    count(*) FILTER (WHERE role = 'user') AS user_turns,
    count(*) FILTER (WHERE role = 'assistant') AS bot_turns,
    count(DISTINCT session_id) AS sessions,
    count(DISTINCT (sent_at AT TIME ZONE 'UTC')::date) AS days,
    min(sent_at) AS first_at,
    max(sent_at) AS last_at
FROM messages
WHERE bot_name = $1 AND user_id = $2 AND is_turn
HAVING count(*) > 0;
