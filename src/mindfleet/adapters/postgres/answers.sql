-- What models have said.

-- name: get
SELECT * FROM model_answers WHERE key = $1;

-- name: put
INSERT INTO model_answers (
    key, answer, provider, model, prompt, prompt_version, input_tokens, output_tokens, cost_usd, bot_name, user_id, at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (key) DO NOTHING;
