-- What the tokens of an API look like: Auth0's names of the dialects, and claims of the admin's own (a JSON object).
ALTER TABLE apis ADD COLUMN token_dialect TEXT NOT NULL DEFAULT 'access_token';
ALTER TABLE apis ADD COLUMN custom_claims TEXT NOT NULL DEFAULT '{}';
-- The same for one client; a lifetime (seconds) shorter than the API's, if any.
ALTER TABLE clients ADD COLUMN token_lifetime BIGINT;
ALTER TABLE clients ADD COLUMN custom_claims TEXT NOT NULL DEFAULT '{}';
