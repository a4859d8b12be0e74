-- One text for SQLite and PostgreSQL: TEXT, BIGINT (seconds since 1970), BOOLEAN, and no default that reads a clock.

-- Facts about this database: today only the sealed marker by which a wrong master key is noticed.
CREATE TABLE meta (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- Raised first in every transaction that changes something: it puts writers in a row on both databases, and tells
-- every process that what it keeps in memory is old.
CREATE TABLE revision (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    value BIGINT NOT NULL
);
INSERT INTO revision (id, value) VALUES (1, 0);

CREATE TABLE apis (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    identifier TEXT NOT NULL UNIQUE,
    signing_alg TEXT NOT NULL,
    token_lifetime BIGINT NOT NULL,
    is_system BOOLEAN NOT NULL,
    -- Sealed by the vault; only APIs that are or were signed with HS256 have one.
    sealed_signing_secret TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX apis_one_system ON apis (is_system) WHERE is_system;

CREATE TABLE scopes (
    api_id TEXT NOT NULL REFERENCES apis (id) ON DELETE CASCADE,
    value TEXT NOT NULL,
    description TEXT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (api_id, value)
);

CREATE TABLE clients (
    client_id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    app_type TEXT NOT NULL,
    -- A JSON object of texts.
    client_metadata TEXT NOT NULL,
    -- Sealed by the vault, to show it again.
    sealed_secret TEXT NOT NULL,
    -- Keyed hash (base64url), to check it without opening the seal.
    secret_mac TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE grants (
    id TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    api_id TEXT NOT NULL REFERENCES apis (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (client_id, api_id)
);
CREATE INDEX grants_by_api ON grants (api_id);

-- `api_id` repeats the grant's, so that a scope taken from an API leaves every grant by itself.
CREATE TABLE grant_scopes (
    grant_id TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    api_id TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (grant_id, value),
    FOREIGN KEY (api_id, value) REFERENCES scopes (api_id, value) ON DELETE CASCADE
);
CREATE INDEX grant_scopes_by_scope ON grant_scopes (api_id, value);

CREATE TABLE signing_keys (
    kid TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL,
    -- PKCS#8, sealed by the vault; the public half is taken from it. Empty once the key is revoked.
    sealed_private TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    current_since BIGINT,
    current_until BIGINT,
    revoked_at BIGINT
);
CREATE UNIQUE INDEX signing_keys_one_current ON signing_keys (state) WHERE state = 'current';
CREATE UNIQUE INDEX signing_keys_one_next ON signing_keys (state) WHERE state = 'next';

CREATE TABLE admins (
    id TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    -- Argon2id in PHC string format.
    password_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE sessions (
    -- SHA-256 of the token (base64url): whoever reads the database can't sign in with it.
    token_hash TEXT NOT NULL PRIMARY KEY,
    admin_id TEXT NOT NULL REFERENCES admins (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- `before` and `after` are words of SQL, hence the suffix.
CREATE TABLE logs (
    log_id TEXT NOT NULL PRIMARY KEY,
    date BIGINT NOT NULL,
    kind TEXT NOT NULL,
    description TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    actor_ip TEXT NOT NULL,
    client_id TEXT NOT NULL,
    client_name TEXT NOT NULL,
    audience TEXT NOT NULL,
    api_name TEXT NOT NULL,
    scope TEXT NOT NULL,
    reason TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    before_json TEXT NOT NULL,
    after_json TEXT NOT NULL
);
CREATE INDEX logs_by_kind ON logs (kind, log_id);
CREATE INDEX logs_by_client ON logs (client_id, log_id);
CREATE INDEX logs_by_audience ON logs (audience, log_id);
CREATE INDEX logs_by_date ON logs (date);
