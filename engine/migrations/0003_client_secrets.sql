-- Several secrets of a client at once. The one that a client had stays: it gets an id that says so, since its seal is bound to
-- the place where it stood.
CREATE TABLE client_secrets (
    id TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    -- Orders the secrets of a client: one more than the highest that it has, from 1.
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    -- Sealed by the vault, to show it again.
    sealed_secret TEXT NOT NULL,
    -- Keyed hash (base64url), to check it without opening the seal.
    secret_mac TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    -- The secret that it takes over from, while that rotation is under way.
    replaces TEXT REFERENCES client_secrets (id) ON DELETE SET NULL,
    -- Written now and then by every process; the newest wins.
    last_used_at BIGINT,
    last_used_ip TEXT NOT NULL,
    UNIQUE (client_id, position)
);
CREATE INDEX client_secrets_by_replaced ON client_secrets (replaces);

-- The log knows since when the secret is the client's, and when a token was last issued for it.
INSERT INTO client_secrets (id, client_id, position, name, sealed_secret, secret_mac, created_at, last_used_at, last_used_ip)
SELECT 'cs_' || client_id, client_id, 1, 'First secret', sealed_secret, secret_mac,
    COALESCE((SELECT MAX(date) FROM logs WHERE logs.client_id = clients.client_id AND kind = 'sapi'
        AND description LIKE 'Client secret of % rotated'), created_at),
    (SELECT MAX(date) FROM logs WHERE logs.client_id = clients.client_id AND kind = 'seccft' AND actor_kind = 'client'),
    COALESCE((SELECT actor_ip FROM logs WHERE logs.client_id = clients.client_id AND kind = 'seccft' AND actor_kind = 'client'
        ORDER BY log_id DESC LIMIT 1), '')
FROM clients;

ALTER TABLE clients DROP COLUMN sealed_secret;
ALTER TABLE clients DROP COLUMN secret_mac;
