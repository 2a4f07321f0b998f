-- What was spent in a day, by all or for a user, is summed up when Redis does not know it.
CREATE INDEX model_calls_by_time ON model_calls (at);
