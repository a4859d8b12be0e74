-- What Auth0's tools set on an object and that means nothing here, as a JSON object: kept, and given back as it came.
ALTER TABLE apis ADD COLUMN kept TEXT NOT NULL DEFAULT '{}';
ALTER TABLE clients ADD COLUMN kept TEXT NOT NULL DEFAULT '{}';
ALTER TABLE grants ADD COLUMN kept TEXT NOT NULL DEFAULT '{}';
-- The opposite of Auth0's is_first_party; a column, since lists are filtered by it.
ALTER TABLE clients ADD COLUMN third_party BOOLEAN NOT NULL DEFAULT FALSE;
-- Auth0's grant_types leave client_credentials out: the client gets no tokens.
ALTER TABLE clients ADD COLUMN barred BOOLEAN NOT NULL DEFAULT FALSE;
-- The grant holds all scopes of its API, also those that are defined later (Auth0's allow_all_scopes); its rows in grant_scopes then don't count.
ALTER TABLE grants ADD COLUMN all_scopes BOOLEAN NOT NULL DEFAULT FALSE;
-- Lists of the Management API go on after the last row that was read.
CREATE INDEX clients_by_age ON clients (created_at, client_id);
CREATE INDEX apis_by_age ON apis (created_at, id);
CREATE INDEX grants_by_age ON grants (created_at, id);

-- The settings of the whole installation (Auth0's tenant settings), as a JSON object.
CREATE TABLE tenant_settings (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    settings TEXT NOT NULL
);
INSERT INTO tenant_settings (id, settings) VALUES (1, '{}');

-- The public half of a signing key in a self-signed certificate (PEM), made when it is first asked for.
ALTER TABLE signing_keys ADD COLUMN certificate TEXT NOT NULL DEFAULT '';

-- A key that its client may not prove itself with, since Auth0's client_authentication_methods don't name it.
ALTER TABLE client_keys ADD COLUMN unused BOOLEAN NOT NULL DEFAULT FALSE;
