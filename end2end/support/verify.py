"""Verifies a token with PyJWT: reads the check of verify.ts as JSON, prints the claims, ends with status 1 if it is not valid."""

import json
import sys

import jwt

check = json.load(sys.stdin)
if check["algorithm"] != "HS256":
    key = jwt.PyJWKClient(check["jwksUrl"]).get_signing_key_from_jwt(check["token"]).key
else:
    key = check["signingSecret"]

try:
    claims = jwt.decode(check["token"], key, algorithms=[check["algorithm"]], audience=check["audience"], issuer=check["issuer"])
except jwt.InvalidTokenError as error:
    sys.exit(f"{type(error).__name__}: {error}")
print(json.dumps(claims))
