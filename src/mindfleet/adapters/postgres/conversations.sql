-- Transcripts, sessions and windows.

-- name: find
SELECT * FROM messages WHERE id = $1;

-- name: unmatched
SELECT m.*
FROM messages AS m
JOIN sessions AS s ON s.id = m.session_id
WHERE s.bot_name = $1 AND NOT s.ended
  AND m.user_id = $2 AND m.role = $3 AND m.content = $4
  AND NOT EXISTS (SELECT FROM given AS g WHERE g.message_id = m.id AND g.task = $5)
ORDER BY m.sent_at, m.arrival
LIMIT 1;

-- name: given
SELECT m.*
FROM given AS g
JOIN messages AS m ON m.id = g.message_id
WHERE g.task = $1 AND g.job_id = $2 AND g.position = $3;

-- name: give
INSERT INTO given (task, job_id, position, message_id) VALUES ($1, $2, $3, $4)
ON CONFLICT (task, job_id, position) DO NOTHING;

-- name: sessions_around
SELECT *
FROM sessions
WHERE bot_name = $1 AND channel_id = $2
  AND (NOT ended OR (last_at + $4::interval > $3 AND started_at - $4::interval < $3))
ORDER BY started_at, id COLLATE "C";

-- name: open_windows
SELECT * FROM windows WHERE session_id = ANY ($1::text[]) AND NOT closed ORDER BY opened_at, id COLLATE "C";

-- name: record
INSERT INTO messages (
    id, bot_name, channel_id, user_id, role, speaker, content, sent_at, visibility, message_id, reply_to, user_timezone,
    is_turn
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (id) DO NOTHING;

-- name: amend
UPDATE messages SET content = $2, edited_at = clock_timestamp() WHERE id = $1 AND content <> $2;

-- name: wait_for
UPDATE messages SET previous = $2 WHERE id = $1;

-- name: waiting_for
SELECT * FROM messages WHERE previous = $1 AND session_id IS NULL ORDER BY sent_at, arrival;

-- name: put_session
INSERT INTO sessions (id, bot_name, channel_id, started_at, last_at, turns, summarized, ended, external_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (id) DO UPDATE
SET started_at = excluded.started_at,
    last_at = excluded.last_at,
    turns = excluded.turns,
    summarized = excluded.summarized,
    ended = excluded.ended,
    external_id = excluded.external_id,
    touched_at = clock_timestamp();

-- A window that is opened again, as by an edit that restores a text, is analysed again.
-- name: open_window
INSERT INTO windows (id, bot_name, user_id, session_id, opened_at, last_at, closed)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (id) DO UPDATE SET closed = excluded.closed, analysed = false;

-- name: move_window
UPDATE windows SET last_at = greatest(last_at, $2), closed = closed OR $3 WHERE id = $1;

-- name: place
UPDATE messages
SET session_id = $2, number = CASE WHEN is_turn THEN $3::integer END, window_id = $4, previous = NULL
WHERE id = $1;

-- name: session
SELECT *
FROM sessions
WHERE bot_name = $1 AND (id = $2 OR external_id = $2)
ORDER BY id = $2 DESC, last_at DESC
LIMIT 1;

-- name: sessions
SELECT * FROM sessions WHERE bot_name = $1 ORDER BY started_at, id COLLATE "C";

-- name: turns
SELECT *
FROM messages
WHERE session_id = $1 AND number >= $2 AND ($3::integer IS NULL OR number <= $3)
ORDER BY sent_at, arrival;

-- name: by_id
SELECT * FROM messages WHERE id = ANY ($1::uuid[]) ORDER BY sent_at, arrival;

-- name: window
SELECT * FROM windows WHERE id = $1;

-- name: window_turns
SELECT * FROM messages WHERE window_id = $1 ORDER BY sent_at, arrival;

-- name: before
SELECT earlier.*
FROM messages AS m
JOIN messages AS earlier ON earlier.session_id = m.session_id
WHERE m.id = $1 AND earlier.is_turn AND (earlier.sent_at, earlier.arrival) < (m.sent_at, m.arrival)
ORDER BY earlier.sent_at DESC, earlier.arrival DESC
LIMIT $2;

-- name: last_touched
SELECT touched_at FROM sessions WHERE id = $1;

-- name: gathering
SELECT count(*) AS windows FROM windows WHERE NOT analysed;

-- name: unfinished_windows
SELECT w.*, s.channel_id
FROM windows AS w
JOIN sessions AS s ON s.id = w.session_id
WHERE w.closed AND NOT w.analysed AND s.touched_at BETWEEN $1 AND $2
ORDER BY w.opened_at, w.id COLLATE "C";

-- name: touched_sessions
SELECT *
FROM sessions
WHERE touched_at BETWEEN $1 AND $2 AND (ended OR touched_at <= $2 - $3::interval)
ORDER BY started_at, id COLLATE "C";

-- name: timezone
SELECT user_timezone
FROM messages
WHERE bot_name = $1 AND user_id = $2 AND user_timezone IS NOT NULL
ORDER BY sent_at DESC, arrival DESC
LIMIT 1;

-- The newest name that each wore in the channel of the session.
-- name: participants
SELECT p.user_id, coalesce(named.speaker, p.user_id) AS name
FROM (SELECT DISTINCT bot_name, channel_id, user_id FROM messages WHERE session_id = $1) AS p
LEFT JOIN LATERAL (
    SELECT speaker
    FROM messages AS m
    WHERE m.bot_name = p.bot_name AND m.channel_id = p.channel_id AND m.user_id = p.user_id
      AND m.role = 'user' AND m.speaker <> m.user_id
    ORDER BY m.sent_at DESC
    LIMIT 1
) AS named ON true
ORDER BY p.user_id COLLATE "C";

-- From one channel to the next by the index, instead of reading every message of the user.
-- name: channels_of
WITH RECURSIVE hop AS (
    SELECT min(channel_id) AS channel_id FROM messages WHERE bot_name = $1 AND user_id = $2
    UNION ALL
    SELECT (
        SELECT min(m.channel_id)
        FROM messages AS m
        WHERE m.bot_name = $1 AND m.user_id = $2 AND m.channel_id > hop.channel_id
    )
    FROM hop
    WHERE hop.channel_id IS NOT NULL
)
SELECT channel_id FROM hop WHERE channel_id IS NOT NULL ORDER BY channel_id COLLATE "C";

-- From one user to the next by the index; the newest name that each wore in one of these channels.
-- name: members
WITH RECURSIVE hop AS (
    SELECT c.channel_id, (
        SELECT min(m.user_id) FROM messages AS m WHERE m.bot_name = $1 AND m.channel_id = c.channel_id
    ) AS user_id
    FROM unnest($2::text[]) AS c (channel_id)
    UNION ALL
    SELECT hop.channel_id, (
        SELECT min(m.user_id)
        FROM messages AS m
        WHERE m.bot_name = $1 AND m.channel_id = hop.channel_id AND m.user_id > hop.user_id
    )
    FROM hop
    WHERE hop.user_id IS NOT NULL
), known AS (
    SELECT DISTINCT ON (hop.user_id) hop.user_id, coalesce(named.speaker, hop.user_id) AS name
    FROM hop
    LEFT JOIN LATERAL (
        SELECT m.speaker, m.sent_at
        FROM messages AS m
        WHERE m.bot_name = $1 AND m.channel_id = hop.channel_id AND m.user_id = hop.user_id
          AND m.role = 'user' AND m.speaker <> m.user_id
        ORDER BY m.sent_at DESC
        LIMIT 1
    ) AS named ON true
    WHERE hop.user_id IS NOT NULL
    ORDER BY hop.user_id, named.sent_at DESC NULLS LAST
)
SELECT user_id, name FROM known ORDER BY user_id COLLATE "C";

-- Forgets old notes on the way, a few at a time, past those that others forget just now.
-- name: note
WITH old AS (
    SELECT job_id
    FROM job_steps
    WHERE noted_at < clock_timestamp() - $3::interval AND job_id <> $1
    LIMIT 100
    FOR UPDATE SKIP LOCKED
), forgotten AS (
    DELETE FROM job_steps WHERE job_id IN (SELECT job_id FROM old)
)
INSERT INTO job_steps (job_id, steps) VALUES ($1, $2)
ON CONFLICT (job_id) DO UPDATE SET steps = excluded.steps, noted_at = clock_timestamp();

-- name: noted
SELECT steps FROM job_steps WHERE job_id = $1;
