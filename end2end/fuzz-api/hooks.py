"""What the fuzzer needs to know about this server: how to stay authorized, and what it must leave alone for that."""

import atexit
import collections
import json
import os
import subprocess

import schemathesis

BINARY, CLIENT_ID, GRANT_ID, AUDIENCE = (os.environ[f"FUZZ_API_{name}"] for name in ("BINARY", "CLIENT_ID", "GRANT_ID", "AUDIENCE"))
# Who changes these takes the fuzzer's own authorization away, and all that follows would be 401.
OWN = {CLIENT_ID, GRANT_ID}
seen = collections.defaultdict(collections.Counter)


@schemathesis.auth(refresh_interval=5)
class Token:
    """A token by the command line, anew every few seconds: the keys that sign tokens are rotated and revoked meanwhile."""

    def get(self, case, context):
        command = [BINARY, "token", "--client-id", CLIENT_ID, "--audience", AUDIENCE, "--json"]
        return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["access_token"]

    def set(self, case, data, context):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


@schemathesis.hook
def before_call(context, case, kwargs):
    """Sends what would change the fuzzer's own client or grant to one that is not there."""
    if case.method == "GET":
        return
    for name, value in (case.path_parameters or {}).items():
        if value in OWN:
            case.path_parameters[name] = "nobody"


@schemathesis.hook
def after_call(context, case, response):
    """Counts the answers by operation and status."""
    seen[f"{case.method} {case.operation.path}"][response.status_code] += 1


@atexit.register
def report():
    """Writes the counts where the caller wants them."""
    with open(os.environ["FUZZ_API_SEEN"], "w", encoding="utf-8") as file:
        json.dump(seen, file)
