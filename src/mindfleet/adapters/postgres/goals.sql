-- Goals of bots and of users, and what shows the way to them.

-- What was said later holds. A goal of a bot was never said: its file holds.
-- name: put
INSERT INTO goals (
    id, bot_name, user_id, slug, description, criteria, due, message_id, said_at, visibility, provider, answer_key
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (id) DO UPDATE
SET slug = excluded.slug,
    description = excluded.description,
    criteria = excluded.criteria,
    due = excluded.due,
    message_id = excluded.message_id,
    said_at = excluded.said_at,
    visibility = excluded.visibility,
    provider = excluded.provider,
    answer_key = excluded.answer_key
WHERE goals.said_at IS NULL
   OR (excluded.said_at, excluded.message_id) >= (goals.said_at, goals.message_id);

-- A goal that its bot's file names no more takes no progress.
-- name: advance
INSERT INTO goal_progress (goal_id, user_id, message_id, status, progress, reasoning, said_at, provider, answer_key)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9
WHERE EXISTS (SELECT FROM goals WHERE id = $1)
ON CONFLICT (goal_id, user_id, message_id) DO UPDATE
SET status = excluded.status,
    progress = excluded.progress,
    reasoning = excluded.reasoning,
    said_at = excluded.said_at,
    provider = excluded.provider,
    answer_key = excluded.answer_key;

-- name: withdraw_progress
DELETE FROM goal_progress WHERE message_id = ANY ($1);

-- name: withdraw_goals
DELETE FROM goals WHERE message_id = ANY ($1);

-- name: of_bot
SELECT * FROM goals WHERE bot_name = $1 AND user_id IS NULL ORDER BY slug COLLATE "C";

-- name: of_user
SELECT * FROM goals WHERE bot_name = $1 AND user_id = $2 ORDER BY said_at, id;

-- name: progress
SELECT p.*
FROM goal_progress AS p
JOIN goals AS g ON g.id = p.goal_id
WHERE g.bot_name = $1 AND ($2::text IS NULL OR p.user_id = $2)
ORDER BY p.goal_id, p.said_at, p.message_id;

-- name: remove_others
DELETE FROM goals WHERE bot_name = $1 AND user_id IS NULL AND id <> ALL ($2::uuid[]);
