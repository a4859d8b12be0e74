-- How a client may prove itself: names of RFC 7591 §2, separated by spaces.
ALTER TABLE clients ADD COLUMN auth_methods TEXT NOT NULL DEFAULT 'client_secret_basic client_secret_post';
-- Whether an assertion must name this server as its only audience, exactly.
ALTER TABLE clients ADD COLUMN strict_assertions BOOLEAN NOT NULL DEFAULT FALSE;

-- Public keys of clients that prove themselves by private_key_jwt.
CREATE TABLE client_keys (
    id TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    kid TEXT NOT NULL,
    alg TEXT NOT NULL,
    -- The key as a JWK (RFC 7517 §4).
    jwk TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    UNIQUE (client_id, kid)
);

-- What may be used once only (RFC 7523 §3 `jti`), until it would have expired anyway.
CREATE TABLE used_once (
    -- SHA-256 (base64url) of what it is, whose it is, and its id.
    hash TEXT NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX used_once_by_expiry ON used_once (expires_at);
