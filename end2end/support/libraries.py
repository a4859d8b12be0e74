"""Asks for a token with Authlib and verifies it with joserfc, both by the discovery document; reads the case as JSON, prints the claims."""

import json
import os
import sys
import time

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # The server under test speaks plain HTTP on loopback.

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

case = json.load(sys.stdin)
server = requests.get(case["issuer"] + ".well-known/oauth-authorization-server", timeout=10).json()

key_types = {"RS256": RSAKey, "PS256": RSAKey, "ES256": ECKey, "EdDSA": OKPKey}
secret = case["client_secret"]
if case["method"] == "private_key_jwt":
    secret = key_types[case["algorithm"]].import_key(secret)
session = OAuth2Session(case["client_id"], secret, token_endpoint_auth_method=case["method"])
if case["method"] == "private_key_jwt":
    # Left alone, Authlib names the token endpoint as the audience and lets assertions live for an hour.
    session.register_client_auth_method(
        PrivateKeyJWT(server["token_endpoint"], claims={"aud": server["issuer"], "exp": int(time.time()) + 120}, headers={"kid": case["kid"]}, alg=case["algorithm"])
    )
answer = session.fetch_token(server["token_endpoint"], grant_type="client_credentials", audience=case["audience"])

keys = KeySet.import_key_set(requests.get(server["jwks_uri"], timeout=10).json())
token = jwt.decode(answer["access_token"], keys, algorithms=[case["algorithm"]])
registry = jwt.JWTClaimsRegistry(
    iss={"essential": True, "value": server["issuer"]}, aud={"essential": True, "value": case["audience"]}, exp={"essential": True}
)
registry.validate(token.claims)
print(json.dumps(token.claims))
