# [section:ask]
import os
import sys
import threading
import time

import requests

CLIENT_SECRET = os.environ.get("CLIENT_SECRET")
if not CLIENT_SECRET:
    sys.exit("Set CLIENT_SECRET to the secret of the client.")

lock = threading.Lock()
token = None
renew_at = 0


def get_token():
    """Gives the token that is kept, or a new one once less than a minute of it is left."""
    global token, renew_at
    # Threads that need a token at the same time wait for one request.
    with lock:
        if time.time() >= renew_at:
            asked_at = time.time()
            answer = ask_for_token()
            token = answer["access_token"]
            renew_at = asked_at + answer.get("expires_in", 0) - 60
        return token


def ask_for_token():
    response = requests.post(
        "https://issuer.example/oauth/token",
        data={
            "grant_type": "client_credentials",
            "client_id": "YOUR_CLIENT_ID",
            "client_secret": CLIENT_SECRET,
            "audience": "https://api.example/",
        },
        timeout=10,
        allow_redirects=False,  # the secret goes nowhere else
    )
    try:
        answer = response.json()
    except requests.JSONDecodeError:
        answer = {}
    if not response.ok or "access_token" not in answer:
        reason = [answer[key] for key in ("error", "error_description", "error_uri") if key in answer]
        raise RuntimeError(
            f"The token endpoint answered {response.status_code}: {' - '.join(reason) or 'no token'}"
        )
    return answer
# [/section:ask]


# [section:call]
API_URL = os.environ.get("API_URL", "http://localhost:3010/api/private")


def call_api():
    headers = {"Authorization": f"Bearer {get_token()}"}
    response = requests.get(API_URL, headers=headers, timeout=10)
    if not response.ok:
        challenge = response.headers.get("WWW-Authenticate", "no WWW-Authenticate header")
        raise RuntimeError(f"The API answered {response.status_code}: {challenge}")
    return response.text


try:
    # Three calls, one token.
    for _ in range(3):
        print(call_api())
except (RuntimeError, requests.RequestException) as error:
    sys.exit(str(error))
# [/section:call]
