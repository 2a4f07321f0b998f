-- Which migrations were applied, to every store.

-- name: lock
SELECT pg_advisory_lock($1);

-- name: create_ledger
CREATE TABLE IF NOT EXISTS migrations (
    store      text NOT NULL,
    number     integer NOT NULL,
    name       text NOT NULL,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (store, number)
);

-- name: find_ledger
SELECT to_regclass('migrations') IS NOT NULL AS found;

-- name: applied
SELECT store, number, name, checksum FROM migrations ORDER BY store, number;

-- name: note
INSERT INTO migrations (store, number, name, checksum) VALUES ($1, $2, $3, $4);
