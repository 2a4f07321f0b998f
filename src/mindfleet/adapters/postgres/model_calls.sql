-- The ledger of model calls.

-- name: record
INSERT INTO model_calls (
    id, at, key, job_id, task, bot_name, user_id, provider, model, tier, prompt, prompt_version, repair, outcome, error,
    input_tokens, cached_input_tokens, output_tokens, tokens_estimated, cost_usd, latency
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
ON CONFLICT (id) DO NOTHING;

-- name: usage
SELECT provider, count(*) AS calls, sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
       CASE WHEN bool_and(cost_usd IS NOT NULL) THEN sum(cost_usd) END AS cost_usd
FROM model_calls
WHERE bot_name = $1
GROUP BY provider
ORDER BY provider COLLATE "C";

-- name: spent
SELECT coalesce(sum(cost_usd), 0) AS usd, coalesce(sum(input_tokens + output_tokens), 0) AS tokens
FROM model_calls
WHERE at >= $3
  AND CASE $1::text WHEN 'bot' THEN bot_name = $2::text WHEN 'user' THEN user_id = $2::text ELSE true END;
