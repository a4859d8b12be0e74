-- How many tokens a client may ask for in an hour and on a day of UTC; nothing in them sets no limit.
ALTER TABLE clients ADD COLUMN quota_per_hour BIGINT;
ALTER TABLE clients ADD COLUMN quota_per_day BIGINT;
-- Whether tokens beyond it are refused, or only noted.
ALTER TABLE clients ADD COLUMN quota_enforced BOOLEAN NOT NULL DEFAULT FALSE;

-- What clients asked for, by the hour (its start, in seconds). Each server adds what it has counted every few seconds.
CREATE TABLE token_usage (
    client_id TEXT NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    hour BIGINT NOT NULL,
    issued BIGINT NOT NULL,
    -- Those of them that the client did not need, since it held a live token.
    avoidable BIGINT NOT NULL,
    -- Requests that the quota refused.
    refused BIGINT NOT NULL,
    PRIMARY KEY (client_id, hour)
);
CREATE INDEX token_usage_by_hour ON token_usage (hour);
