#!/bin/sh
# Asks for a token and calls an API with it. CLIENT_SECRET comes from the environment, never from the source.
set -eu

# [section:ask]
: "${CLIENT_SECRET:?Set it to the secret of the client}"

RESPONSE=$(printf '{
  "client_id": "%s",
  "client_secret": "%s",
  "audience": "%s",
  "grant_type": "client_credentials"
}' 'YOUR_CLIENT_ID' "$CLIENT_SECRET" 'https://api.example/' |
  curl --silent --show-error --request POST 'https://issuer.example/oauth/token' \
    --header 'Content-Type: application/json' --data @-)

printf '%s\n' "$RESPONSE"
# [/section:ask]

# [section:call]
ACCESS_TOKEN=$(printf '%s' "$RESPONSE" | sed -n 's/.*"access_token" *: *"\([^"]*\)".*/\1/p')

curl --silent --show-error --fail-with-body "${API_URL:-http://localhost:3010/api/private}" \
  --header "Authorization: Bearer ${ACCESS_TOKEN:?The answer has no access token}"
# [/section:call]
