-- What is written of a job that was accepted, and of its end if that came with it. Rows travel to the server as one array.

CREATE TYPE accepted_job AS (
    queued_entry bigint,
    id           text,
    queue        text,
    task         text,
    bot_name     text,
    user_id      text,
    priority     integer,
    lane         text,
    gates        text,
    due          bigint,
    seq          bigint,
    deadline     bigint,
    name         text,
    uniqueness   text,
    merge        text,
    envelope     bytea,
    supersede    boolean,
    ended_entry  bigint,
    outcome      text
);
