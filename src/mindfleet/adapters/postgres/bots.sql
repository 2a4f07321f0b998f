-- The bots, as their files describe them.

-- name: register
INSERT INTO bots (name) VALUES ($1) ON CONFLICT (name) DO NOTHING;

-- name: put
INSERT INTO bots (name, voice, timezone) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET voice = excluded.voice, timezone = excluded.timezone;

-- name: get
SELECT name, voice, timezone FROM bots WHERE name = $1;

-- name: all
SELECT name, voice, timezone FROM bots ORDER BY name COLLATE "C";
