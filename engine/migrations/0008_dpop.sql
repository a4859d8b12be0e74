-- Whether tokens must be bound to a key of the client's (RFC 9449): all of an API, or all of a client. At Auth0 that is
-- proof_of_possession (mechanism dpop, required) of a resource server, and require_proof_of_possession of a client.
ALTER TABLE apis ADD COLUMN dpop_required BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE clients ADD COLUMN dpop_required BOOLEAN NOT NULL DEFAULT FALSE;
