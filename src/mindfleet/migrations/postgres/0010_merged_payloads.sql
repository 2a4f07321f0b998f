-- What was merged into a job while it waited, until the job ends; and whether a job takes the place of the one before it.

ALTER TABLE jobs ADD COLUMN supersede boolean NOT NULL DEFAULT false;

-- The job's own row may be written later, or have ended: who reads compares the entries.
CREATE TABLE merged_payloads (
    entry    bigint PRIMARY KEY,
    job_id   text NOT NULL,
    envelope bytea NOT NULL
);
CREATE INDEX merged_payloads_by_job ON merged_payloads (job_id, entry);
