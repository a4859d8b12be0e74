#!/bin/sh
set -eu

# [section:ask]
: "${CLIENT_SECRET:?Set it to the secret of the client}"

ISSUER='https://issuer.example/'
CLIENT_ID='YOUR_CLIENT_ID'
AUDIENCE='https://api.example/'

# The token is kept in a file that only you can read, one for each client and API.
CACHE="${XDG_CACHE_HOME:-$HOME/.cache}/api-tokens"
KEPT="$CACHE/$(printf '%s\n' "$ISSUER" "$CLIENT_ID" "$AUDIENCE" | cksum | tr ' ' '-')"

# Sets TOKEN: to the one that is kept, or to a new one once less than a minute of it is left.
get_token() {
  if [ -f "$KEPT" ] && read -r RENEW_AT TOKEN <"$KEPT" && [ "$(date +%s)" -lt "$RENEW_AT" ]; then
    return
  fi
  ASKED_AT=$(date +%s)

  # The secret comes through a pipe: everybody on this machine could read it on a command line.
  if ! ANSWER=$(printf '%s' "$CLIENT_SECRET" |
    curl --silent --show-error --fail-with-body --globoff --max-time 10 \
      --data-urlencode 'grant_type=client_credentials' \
      --data-urlencode "client_id=$CLIENT_ID" \
      --data-urlencode 'client_secret@-' \
      --data-urlencode "audience=$AUDIENCE" \
      "${ISSUER}oauth/token"); then
    printf 'The token endpoint gave no token. %s\n' "$ANSWER" >&2
    exit 1
  fi

  TOKEN=$(printf '%s' "$ANSWER" | sed -n 's/.*"access_token" *: *"\([^"]*\)".*/\1/p')
  EXPIRES_IN=$(printf '%s' "$ANSWER" | sed -n 's/.*"expires_in" *: *\([0-9]*\).*/\1/p')
  if [ -z "$TOKEN" ]; then
    printf 'The answer of the token endpoint holds no token.\n' >&2
    exit 1
  fi

  # Written whole under another name first, so that no other run reads half a token.
  (
    umask 077
    mkdir -p "$CACHE"
    printf '%s %s\n' "$((ASKED_AT + ${EXPIRES_IN:-0} - 60))" "$TOKEN" >"$KEPT.$$"
    mv "$KEPT.$$" "$KEPT"
  )
}
# [/section:ask]

# [section:call]
call_api() {
  get_token
  ANSWER=$(printf 'Authorization: Bearer %s' "$TOKEN" |
    curl --silent --show-error --include --globoff --max-time 10 --header @- \
      "${API_URL:-http://localhost:3010/api/private}")
  printf '%s\n\n' "$ANSWER"

  STATUS=${ANSWER#* }
  case "${STATUS%%[!0-9]*}" in
    2??) ;;
    401) rm -f "$KEPT" && exit 1 ;; # The next run asks for a new token.
    *) exit 1 ;;
  esac
}

# Three calls, one token.
for _ in 1 2 3; do
  call_api
done
# [/section:call]
