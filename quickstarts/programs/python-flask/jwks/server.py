import json
import os
import time
from threading import Lock
from urllib.request import urlopen

from authlib.integrations.flask_oauth2 import ResourceProtector, current_token
from authlib.oauth2.rfc6750 import BearerTokenValidator
from flask import Flask, abort, make_response
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

ISSUER = "https://issuer.example/"
AUDIENCE = "https://api.example/"

rules = jwt.JWTClaimsRegistry(
    iss={"essential": True, "value": ISSUER},
    aud={"essential": True, "value": AUDIENCE},
    exp={"essential": True},
)


class IssuerKeys:
    """The issuer's public keys. They are kept for five minutes, so that a revoked one is forgotten, and fetched
    sooner for a token that names an unknown key, but not twice in half a minute: anyone can make up names."""

    def __init__(self):
        self.keys = KeySet([])
        self.fetched = float("-inf")
        self.lock = Lock()

    def __call__(self, token):
        with self.lock:
            age = time.monotonic() - self.fetched
            known = any(key.kid == token.headers().get("kid") for key in self.keys)
            if age > 300 or (age > 30 and not known):
                with urlopen(ISSUER + ".well-known/jwks.json", timeout=5) as response:
                    self.keys = KeySet.import_key_set(json.load(response))
                self.fetched = time.monotonic()
            return self.keys


issuer_keys = IssuerKeys()


class TokenValidator(BearerTokenValidator):
    def authenticate_token(self, token_string):
        try:
            token = jwt.decode(token_string, issuer_keys, algorithms=["RS256"])
            rules.validate(token.claims)
        except (JoseError, TypeError):  # some malformed headers end in a TypeError
            refuse(401, 'Bearer error="invalid_token"')
        except OSError:
            refuse(503, "Bearer")  # The issuer could not be reached.
        return token.claims

    def validate_token(self, token, scopes, request):
        if self.scope_insufficient(token.get("scope"), scopes):
            refuse(403, f'Bearer error="insufficient_scope", scope="{" ".join(scopes)}"')


class BearerProtector(ResourceProtector):
    def raise_error_response(self, error):
        # Authlib found no token. RFC 6750 has a challenge without an error for that.
        refuse(401, "Bearer")


def refuse(status, challenge):
    abort(make_response({"error": challenge}, status, {"WWW-Authenticate": challenge}))


app = Flask(__name__)
require_token = BearerProtector()
require_token.register_token_validator(TokenValidator())


@app.get("/api/public")
def public():
    return {"message": "Anyone may read this."}


@app.get("/api/private")
@require_token()
def private():
    return {"message": "Your token is valid.", "sub": current_token.get("sub")}


@app.get("/api/private-scoped")
@require_token("read:example")
def private_scoped():
    return {"message": "Your token is valid and has the scope.", "sub": current_token.get("sub")}


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", 3010)))
