"""The Python package auth0-python, as it is, through the life of every object of the Management API.

DOMAIN, CLIENT_ID, CLIENT_SECRET: a client with all scopes of the Management API; LIMITED_*: the same at a server that takes few requests;
SSL_CERT_FILE and REQUESTS_CA_BUNDLE: the authority that both servers' certificates come from.
"""

import base64
import json
import os
import sys
from datetime import date, datetime, timedelta, timezone

import httpx
from auth0.authentication import GetToken
from auth0.authentication.exceptions import Auth0Error
from auth0.management import ManagementClient
from auth0.management.errors import (
    BadRequestError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    TooManyRequestsError,
    UnauthorizedError,
)
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

DOMAIN, CLIENT_ID, CLIENT_SECRET = (os.environ[name] for name in ("DOMAIN", "CLIENT_ID", "CLIENT_SECRET"))
MANAGEMENT = f"https://{DOMAIN}/api/v2/"
IDENTIFIER = "https://orders.example/api/v1"
# The package sends what was answered with a conflict again, and waits before: the tests of conflicts need no more than one answer.
ONCE = {"max_retries": 0}



def sign_in():
    return ManagementClient(domain=DOMAIN, client_id=CLIENT_ID, client_secret=CLIENT_SECRET)


auth0 = sign_in()
failed = 0


def check(name):
    """Runs what follows at once, and says in one line whether it holds."""

    def run(holds):
        global failed
        try:
            holds()
            print(f"ok {name}", flush=True)
        except Exception as error:
            failed += 1
            print(f"not ok {name}: {type(error).__name__} {' '.join(str(error).split())}", flush=True)

    return run


def equal(left, right):
    assert left == right, f"{left!r} is not {right!r}"


def refused(kind, status, words, call):
    """The error that a call ends with, which must be of this class and status and say these words."""
    try:
        call()
    except kind as error:
        equal(error.status_code, status)
        equal(error.body["statusCode"], status)
        assert error.body["error"], error.body
        assert words in error.body["message"], error.body
        return error
    raise AssertionError("the call was not refused")


def missing(call, words=""):
    return refused(NotFoundError, 404, words, call)


def token_for(client_id, client_secret, audience, **more):
    return GetToken(DOMAIN, client_id, client_secret=client_secret, **more).client_credentials(audience)


def refused_token(status, *arguments):
    try:
        token_for(*arguments)
    except Auth0Error as error:
        equal(error.status_code, status)
        equal(error.error_code, "access_denied")
        return
    raise AssertionError("there was a token")


def claims_of(token):
    part = token["access_token"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def sorted_by_value(scopes):
    return sorted((scope.value, scope.description) for scope in scopes)


# Clients.

client = auth0.clients.create(name="Importer")


@check("clients: created with a name alone")
def _():
    assert len(client.client_id) >= 20 and len(client.client_secret) >= 32
    equal(client.name, "Importer")


@check("clients: created with everything that a machine needs")
def _():
    made = auth0.clients.create(
        name="Exporter",
        description="Sends orders on",
        app_type="non_interactive",
        grant_types=["client_credentials"],
        token_endpoint_auth_method="client_secret_basic",
        jwt_configuration={"alg": "RS256"},
        client_metadata={"team": "orders"},
    )
    equal(made.app_type, "non_interactive")
    equal(made.grant_types, ["client_credentials"])
    equal(made.token_endpoint_auth_method, "client_secret_basic")
    equal(made.client_metadata, {"team": "orders"})


@check("clients: read, and with only some fields")
def _():
    equal(auth0.clients.get(client.client_id).name, "Importer")
    some = auth0.clients.get(client.client_id, fields="client_id,name", include_fields=True)
    equal(some.model_dump(exclude_none=True, by_alias=True), {"client_id": client.client_id, "name": "Importer"})


@check("clients: listed in pages")
def _():
    for n in range(4):
        auth0.clients.create(name=f"Worker {n}")
    first = auth0.clients.list(per_page=2)
    equal(len(first.items), 2)
    equal((first.response.start, first.response.limit), (0, 2))
    ids = [each.client_id for each in auth0.clients.list(per_page=2)]
    equal(len(ids), first.response.total)
    equal(len(set(ids)), len(ids))
    assert client.client_id in ids and CLIENT_ID in ids


@check("clients: listed from checkpoint to checkpoint")
def _():
    ids, start = [], None
    while True:
        more = {"take": 3} if start is None else {"take": 3, "from": start}
        page = auth0.clients.list(request_options={"additional_query_parameters": more}).response
        assert len(page.clients) <= 3 and page.total is None
        ids += [each.client_id for each in page.clients]
        start = page.model_extra.get("next")
        if not start:
            break
    equal(sorted(ids), sorted(each.client_id for each in auth0.clients.list(per_page=100)))


@check("clients: changed, and null takes a value away")
def _():
    changed = auth0.clients.update(client.client_id, description="Fetches orders", client_metadata={"a": "1", "b": "2"})
    equal(changed.description, "Fetches orders")
    auth0.clients.update(client.client_id, description=None, client_metadata={"a": None})
    read = auth0.clients.get(client.client_id)
    assert not read.description, read.description
    equal(read.client_metadata, {"b": "2"})
    equal(read.name, "Importer")


@check("clients: a wrong value is refused, and the message names the property")
def _():
    error = refused(BadRequestError, 400, "name", lambda: auth0.clients.create(name=""))
    equal(error.body["errorCode"], "invalid_body")


# Resource servers.

api = auth0.resource_servers.create(
    identifier=IDENTIFIER,
    name="Orders",
    signing_alg="RS256",
    token_lifetime=3600,
    scopes=[{"value": "read:orders", "description": "Read orders"}, {"value": "write:orders", "description": "Write orders"}],
)


@check("resource servers: created, and read by ID and by identifier")
def _():
    equal(api.identifier, IDENTIFIER)
    equal(api.token_lifetime, 3600)
    equal(sorted_by_value(api.scopes), [("read:orders", "Read orders"), ("write:orders", "Write orders")])
    equal(auth0.resource_servers.get(api.id), auth0.resource_servers.get(IDENTIFIER))


@check("resource servers: listed in pages and by identifier")
def _():
    for n in range(3):
        auth0.resource_servers.create(identifier=f"urn:example:{n}")
    page = auth0.resource_servers.list(per_page=2)
    identifiers = [each.identifier for each in auth0.resource_servers.list(per_page=2)]
    equal(len(page.items), 2)
    equal(len(set(identifiers)), page.response.total)
    assert IDENTIFIER in identifiers and MANAGEMENT in identifiers
    some = auth0.resource_servers.list(identifiers=[IDENTIFIER, "urn:example:1"])
    equal(sorted(each.identifier for each in some), [IDENTIFIER, "urn:example:1"])


@check("resource servers: changed by identifier")
def _():
    scopes = [{"value": "read:orders", "description": "Read"}, {"value": "cancel:orders", "description": "Cancel"}]
    changed = auth0.resource_servers.update(IDENTIFIER, name="All orders", token_lifetime=7200, scopes=scopes)
    equal((changed.name, changed.token_lifetime), ("All orders", 7200))
    equal(sorted_by_value(auth0.resource_servers.get(api.id).scopes), [("cancel:orders", "Cancel"), ("read:orders", "Read")])


@check("resource servers: null takes away what is not there")
def _():
    equal(auth0.resource_servers.update(api.id, token_encryption=None, proof_of_possession=None).identifier, IDENTIFIER)


@check("resource servers: an identifier twice is a conflict")
def _():
    refused(ConflictError, 409, "identifier", lambda: auth0.resource_servers.create(identifier=IDENTIFIER, request_options=ONCE))


@check("resource servers: a wrong value is refused, and the message names the property")
def _():
    error = refused(
        BadRequestError, 400, "token_lifetime", lambda: auth0.resource_servers.create(identifier="urn:example:wrong", token_lifetime=-5)
    )
    equal(error.body["errorCode"], "invalid_body")
    missing(lambda: auth0.resource_servers.get("urn:example:wrong"))


# Client grants.

grant = auth0.client_grants.create(client_id=client.client_id, audience=IDENTIFIER, scope=["read:orders"])


@check("client grants: created and read")
def _():
    assert grant.id.startswith("cgr_"), grant.id
    equal((grant.client_id, grant.audience, grant.scope), (client.client_id, IDENTIFIER, ["read:orders"]))
    read = auth0.client_grants.get(grant.id)
    equal((read.id, read.client_id, read.audience, read.scope), (grant.id, grant.client_id, grant.audience, grant.scope))


@check("client grants: the client gets a token with these scopes")
def _():
    token = token_for(client.client_id, client.client_secret, IDENTIFIER)
    equal((token["token_type"], token["expires_in"]), ("Bearer", 7200))
    equal(claims_of(token)["scope"], "read:orders")


@check("client grants: the same twice is a conflict, even if it is sent again and again")
def _():
    refused(ConflictError, 409, "", lambda: auth0.client_grants.create(client_id=client.client_id, audience=IDENTIFIER, scope=[]))
    equal(len(list(auth0.client_grants.list(client_id=client.client_id, audience=IDENTIFIER))), 1)


@check("client grants: a scope that the API does not define is refused")
def _():
    create = auth0.client_grants.create
    refused(
        BadRequestError, 400, "read:nothing", lambda: create(client_id=client.client_id, audience="urn:example:1", scope=["read:nothing"])
    )


@check("client grants: listed from checkpoint to checkpoint, by client, and by API")
def _():
    for n in range(3):
        auth0.client_grants.create(client_id=client.client_id, audience=f"urn:example:{n}", scope=[])
    ids = [each.id for each in auth0.client_grants.list(take=2)]
    assert len(ids) >= 5 and len(set(ids)) == len(ids), ids
    equal(len(list(auth0.client_grants.list(client_id=client.client_id, take=2))), 4)
    equal([each.id for each in auth0.client_grants.list(audience=IDENTIFIER)], [grant.id])


@check("client grants: changed, and the next token is of the new scopes")
def _():
    equal(sorted(auth0.client_grants.update(grant.id, scope=["cancel:orders", "read:orders"]).scope), ["cancel:orders", "read:orders"])
    token = token_for(client.client_id, client.client_secret, IDENTIFIER)
    equal(sorted(claims_of(token)["scope"].split()), ["cancel:orders", "read:orders"])


# Secrets and credentials.


@check("clients: a rotated secret works, and the former no longer does")
def _():
    global client
    rotated = auth0.clients.rotate_secret(client.client_id)
    assert rotated.client_secret not in (None, client.client_secret)
    assert token_for(client.client_id, rotated.client_secret, IDENTIFIER)["access_token"]
    refused_token(401, client.client_id, client.client_secret, IDENTIFIER)
    client = rotated


owner = auth0.clients.create(name="Key holder", app_type="non_interactive")
keys = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]
public = [
    key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode() for key in keys
]
private = keys[0].private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
credentials = auth0.clients.credentials
expiry = datetime(2040, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
first = credentials.create(owner.client_id, credential_type="public_key", name="First", pem=public[0], alg="RS256")
second = credentials.create(owner.client_id, credential_type="public_key", pem=public[1], expires_at=expiry)


@check("credentials: created from a PEM")
def _():
    assert first.id.startswith("cred_"), first.id
    equal((first.name, first.alg, first.credential_type), ("First", "RS256", "public_key"))
    assert first.kid and first.created_at.tzinfo and first.updated_at.tzinfo
    equal(second.expires_at, expiry)


@check("credentials: listed and read")
def _():
    equal(sorted(each.id for each in credentials.list(owner.client_id)), sorted([first.id, second.id]))
    equal(credentials.get(owner.client_id, first.id).kid, first.kid)


@check("credentials: the date to expire at is changed, and taken away")
def _():
    equal(credentials.update(owner.client_id, first.id, expires_at=expiry).expires_at, expiry)
    credentials.update(owner.client_id, first.id, expires_at=None)
    equal(credentials.get(owner.client_id, first.id).expires_at, None)


@check("credentials: what is no PEM is refused")
def _():
    refused(BadRequestError, 400, "pem", lambda: credentials.create(owner.client_id, credential_type="public_key", pem="not a key"))


@check("credentials: a client that proves itself by a key gets tokens")
def _():
    auth0.client_grants.create(client_id=owner.client_id, audience=IDENTIFIER, scope=["read:orders"])
    methods = {"private_key_jwt": {"credentials": [{"id": first.id}]}}
    changed = auth0.clients.update(owner.client_id, client_authentication_methods=methods, token_endpoint_auth_method=None)
    assert first.id in [each.id for each in changed.client_authentication_methods.private_key_jwt.credentials]
    token = token_for(owner.client_id, None, IDENTIFIER, client_assertion_signing_key=private)
    equal(claims_of(token)["scope"], "read:orders")


@check("credentials: and by a secret again")
def _():
    auth0.clients.update(owner.client_id, client_authentication_methods=None, token_endpoint_auth_method="client_secret_post")
    read = auth0.clients.get(owner.client_id)
    equal(read.token_endpoint_auth_method, "client_secret_post")
    assert token_for(owner.client_id, read.client_secret, IDENTIFIER)["access_token"]


@check("credentials: deleted")
def _():
    credentials.delete(owner.client_id, first.id)
    missing(lambda: credentials.get(owner.client_id, first.id))
    equal([each.id for each in credentials.list(owner.client_id)], [second.id])


# Signing keys.

before = auth0.keys.signing.list()


def with_role(listed, role):
    return next(key for key in listed if getattr(key, role))


@check("signing keys: listed and read")
def _():
    current = with_role(before, "current")
    assert current.cert.startswith("-----BEGIN CERTIFICATE-----")
    datetime.fromisoformat(current.current_since)
    equal(auth0.keys.signing.get(current.kid).fingerprint, current.fingerprint)


@check("signing keys: rotated, and the previous one revoked, with the tokens that it has signed")
def _():
    global auth0
    fresh = auth0.keys.signing.rotate()
    after = auth0.keys.signing.list()
    equal(with_role(after, "current").kid, with_role(before, "next").kid)
    equal(with_role(after, "next").kid, fresh.kid)
    previous = with_role(before, "current").kid
    equal(with_role(after, "previous").kid, previous)
    equal(auth0.keys.signing.revoke(previous).kid, previous)
    refused(UnauthorizedError, 401, "", auth0.keys.signing.list)
    auth0 = sign_in()
    equal(auth0.keys.signing.get(previous).revoked, True)


@check("signing keys: an unknown one is not there")
def _():
    missing(lambda: auth0.keys.signing.get("nothing"))


# Tenant settings, logs, stats.


@check("tenant settings: read, changed, and null takes one away")
def _():
    equal(auth0.tenants.settings.update(friendly_name="Orders Ltd", support_url="https://help.example/").friendly_name, "Orders Ltd")
    equal(auth0.tenants.settings.get().support_url, "https://help.example/")
    auth0.tenants.settings.update(support_url=None)
    assert not auth0.tenants.settings.get().support_url
    equal(auth0.tenants.settings.get(fields="friendly_name", include_fields=True).friendly_name, "Orders Ltd")


@check("logs: listed in pages, read, and they hold what this program did")
def _():
    page = auth0.logs.list(per_page=5, sort="date:-1")
    equal(len(page.items), 5)
    dates = [datetime.fromisoformat(entry.date) for entry in page.items]
    equal(dates, sorted(dates, reverse=True))
    equal(auth0.logs.get(page.items[0].log_id).date, page.items[0].date)
    assert "sapi" in {entry.type for entry in auth0.logs.list(per_page=100)}


@check("logs: an unknown one is not there")
def _():
    missing(lambda: auth0.logs.get("nothing"))


@check("stats: daily and active users")
def _():
    today = date.today()
    days = auth0.stats.get_daily(from_=(today - timedelta(days=6)).strftime("%Y%m%d"), to=today.strftime("%Y%m%d"))
    for day in days:
        datetime.fromisoformat(day.date)
        assert day.logins is not None
    assert auth0.stats.get_active_users_count() >= 0


# Who may not.


@check("a wrong token is refused")
def _():
    refused(UnauthorizedError, 401, "", lambda: ManagementClient(domain=DOMAIN, token="wrong").clients.list())


@check("a wrong secret gets no token")
def _():
    try:
        ManagementClient(domain=DOMAIN, client_id=client.client_id, client_secret="wrong").clients.list()
    except httpx.HTTPStatusError as error:
        equal(error.response.status_code, 401)
        equal(error.response.json()["error"], "access_denied")
        return
    raise AssertionError("there was a token")


@check("too few scopes: 403 that names what is missing")
def _():
    reader = auth0.clients.create(name="Reader")
    auth0.client_grants.create(client_id=reader.client_id, audience=MANAGEMENT, scope=["read:clients"])
    poor = ManagementClient(domain=DOMAIN, client_id=reader.client_id, client_secret=reader.client_secret)
    equal(poor.clients.get(client.client_id).client_secret, None)
    error = refused(ForbiddenError, 403, "create:clients", lambda: poor.clients.create(name="No"))
    equal(error.body["errorCode"], "insufficient_scope")


# Deleting.


@check("client grants: deleted, and the client gets no more tokens")
def _():
    auth0.client_grants.delete(grant.id)
    missing(lambda: auth0.client_grants.get(grant.id))
    refused_token(403, client.client_id, client.client_secret, IDENTIFIER)


@check("resource servers: deleted by identifier")
def _():
    auth0.resource_servers.delete(IDENTIFIER)
    missing(lambda: auth0.resource_servers.get(api.id), "does not exist")
    missing(lambda: auth0.resource_servers.get(IDENTIFIER), "does not exist")


@check("clients: deleted, with their grants")
def _():
    auth0.clients.delete(client.client_id)
    error = missing(lambda: auth0.clients.get(client.client_id), "does not exist")
    equal(error.body["errorCode"], "inexistent_client")
    equal(list(auth0.client_grants.list(client_id=client.client_id)), [])


# Limits.


def limited():
    names = ("LIMITED_DOMAIN", "LIMITED_CLIENT_ID", "LIMITED_CLIENT_SECRET")
    domain, client_id, client_secret = (os.environ[name] for name in names)
    return ManagementClient(domain=domain, client_id=client_id, client_secret=client_secret)


@check("too many requests: 429 that says when to come back")
def _():
    hasty = limited()

    def hurry():
        for _ in range(50):
            hasty.clients.list(request_options=ONCE)

    error = refused(TooManyRequestsError, 429, "", hurry)
    assert int(error.headers["retry-after"]) >= 1
    for name in ("limit", "remaining", "reset"):
        int(error.headers[f"x-ratelimit-{name}"])


@check("too many requests: the package waits and tries again")
def _():
    patient = limited()
    for _ in range(6):
        assert patient.clients.list().items


sys.exit(failed > 0)
