-- A set of keys for each algorithm, where there was one set of RS256.
ALTER TABLE signing_keys ADD COLUMN alg TEXT NOT NULL DEFAULT 'RS256';
-- The longest lifetime (seconds) of the tokens that the key signs, while it is current. What was there before may have signed
-- tokens of the longest lifetime that there is: 30 days.
ALTER TABLE signing_keys ADD COLUMN longest_lifetime BIGINT NOT NULL DEFAULT 2592000;
ALTER TABLE signing_keys ADD COLUMN tokens_until BIGINT;
UPDATE signing_keys SET tokens_until = current_until + 2592000 WHERE current_until IS NOT NULL;
-- Added to now and then from memory, never while a token is made.
ALTER TABLE signing_keys ADD COLUMN tokens_signed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE signing_keys ADD COLUMN last_used_at BIGINT;

DROP INDEX signing_keys_one_current;
DROP INDEX signing_keys_one_next;
CREATE UNIQUE INDEX signing_keys_one_current ON signing_keys (alg) WHERE state = 'current';
CREATE UNIQUE INDEX signing_keys_one_next ON signing_keys (alg) WHERE state = 'next';

-- The schedule of rotation, in seconds; no row means that keys are rotated by hand only.
CREATE TABLE rotation (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    period BIGINT NOT NULL,
    announce BIGINT NOT NULL,
    retire BIGINT NOT NULL
);
