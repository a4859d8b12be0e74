"""What the fuzzer needs to know about this server: how to stay authorized, and what it must leave alone for that."""

import atexit
import collections
import json
import os
import subprocess
import zlib

import schemathesis

BINARY, CLIENT_ID, AUDIENCE = (os.environ[f"FUZZ_API_{name}"] for name in ("BINARY", "CLIENT_ID", "AUDIENCE"))
# IDs of what carries the fuzzer's own authorization: were it changed, all that follows would be 401.
OWN = set(json.loads(os.environ["FUZZ_API_OWN"]))
# Things to change that are there: { client_id, identifiers, grant_id, pems }. Chance alone finds no identifier and no key.
SPARE = json.loads(os.environ["FUZZ_API_SPARE"])
IN_PATH = {
    "/client-grants/{id}": {"id": SPARE["grant_id"]},
    "/clients/{client_id}/credentials": {"client_id": SPARE["client_id"]},
    "/clients/{client_id}/credentials/{credential_id}": {"client_id": SPARE["client_id"]},
}
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
def map_case(context, case):
    """Names what is there in some of the good cases."""
    if case.meta is None or not case.meta.generation.mode.is_positive or case.method == "DELETE" or chosen((True, False), case):
        return case
    case.path_parameters = {**(case.path_parameters or {}), **IN_PATH.get(case.operation.path, {})}
    if case.method == "POST" and isinstance(case.body, dict):
        if case.operation.path == "/client-grants":
            case.body = {**case.body, "client_id": SPARE["client_id"], "audience": chosen(SPARE["identifiers"], case), "scope": []}
        if case.operation.path == "/clients/{client_id}/credentials":
            case.body = {"credential_type": "public_key", "pem": chosen(SPARE["pems"], case)}
    return case


def chosen(values, case):
    """One of these, always the same for the same case: Schemathesis makes a case anew when it repeats one."""
    return values[zlib.crc32(repr((case.path_parameters, case.body)).encode()) % len(values)]


@schemathesis.hook
def before_call(context, case, kwargs):
    """Sends what would change what is needed to something that is not there."""
    if case.method == "GET":
        return
    needed = OWN | {SPARE["client_id"], SPARE["grant_id"]} if case.method == "DELETE" else OWN
    for name, value in (case.path_parameters or {}).items():
        if value in needed:
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
