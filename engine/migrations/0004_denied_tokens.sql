-- What was issued can be taken back, and looked up by the APIs that it is for.

-- Tokens that their clients have revoked (RFC 7009). Each is kept until some minutes after it has expired anyway.
CREATE TABLE denied_tokens (
    -- Part of the key: whoever holds the secret of an HS256 API can sign any `jti`, but can revoke in the name of its own client only.
    client_id TEXT NOT NULL,
    -- `jti:` and that claim, or `sha256:` and the hash (base64url) of what is signed.
    token TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (client_id, token)
);
CREATE INDEX denied_tokens_by_expiry ON denied_tokens (expires_at);

-- Which clients an API asks through what its tokens are worth (RFC 7662).
CREATE TABLE introspectors (
    api_id TEXT NOT NULL REFERENCES apis (id) ON DELETE CASCADE,
    client_id TEXT NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    PRIMARY KEY (api_id, client_id)
);
CREATE INDEX introspectors_by_client ON introspectors (client_id);

-- Tokens that were issued before this second are no longer active; empty until a client is cut off for the first time.
ALTER TABLE clients ADD COLUMN tokens_valid_from BIGINT;

-- Whether strangers may read the API's metadata (RFC 9728): its name and its scopes.
ALTER TABLE apis ADD COLUMN metadata_published BOOLEAN NOT NULL DEFAULT FALSE;
