-- Several signing secrets of an API at once, told apart by the `kid` of its tokens. The one that an API had stays: its `kid` is made
-- of the id of the API, since its seal is bound to the place where it stood, and it has signed tokens that name none.
CREATE TABLE signing_secrets (
    kid TEXT NOT NULL PRIMARY KEY,
    api_id TEXT NOT NULL REFERENCES apis (id) ON DELETE CASCADE,
    state TEXT NOT NULL,
    -- Sealed by the vault.
    sealed_secret TEXT NOT NULL,
    -- The longest lifetime (seconds) of the tokens that it signs, while it is current.
    longest_lifetime BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    current_since BIGINT,
    current_until BIGINT,
    tokens_until BIGINT
);
CREATE INDEX signing_secrets_by_api ON signing_secrets (api_id);
CREATE UNIQUE INDEX signing_secrets_one_current ON signing_secrets (api_id) WHERE state = 'current';
CREATE UNIQUE INDEX signing_secrets_one_next ON signing_secrets (api_id) WHERE state = 'next';

-- The log knows since when the secret is the API's. It may have signed tokens of the longest lifetime that there is: 30 days.
INSERT INTO signing_secrets (kid, api_id, state, sealed_secret, longest_lifetime, created_at, current_since)
SELECT 'ss_' || id, id, 'current', sealed_signing_secret, 2592000, since, since
FROM (
    SELECT id, sealed_signing_secret,
        COALESCE((SELECT MAX(date) FROM logs WHERE logs.audience = apis.identifier AND kind = 'sapi'
            AND description LIKE 'Signing secret of % rotated'), created_at) AS since
    FROM apis WHERE sealed_signing_secret IS NOT NULL
) AS kept;

ALTER TABLE apis DROP COLUMN sealed_signing_secret;
