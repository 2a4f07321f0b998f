-- A replay of a parked job goes on where that one was: under the name that its effects have, with starts that are numbered on.

ALTER TABLE parked_jobs
    ADD COLUMN origin_id text NOT NULL DEFAULT '',
    ADD COLUMN call      text NOT NULL DEFAULT '',  -- empty: it was parked before this was kept
    ADD COLUMN starts    integer NOT NULL DEFAULT 0;
