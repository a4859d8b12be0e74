import os
from functools import wraps

import jwt
from flask import Flask, g, jsonify, request

ISSUER = "https://issuer.example/"
AUDIENCE = "https://api.example/"

# Fetches the issuer's public keys, keeps them, and fetches again when a token names a key it does not know.
keys = jwt.PyJWKClient(ISSUER + ".well-known/jwks.json", timeout=5)

app = Flask(__name__)


def check(token):
    key = keys.get_signing_key_from_jwt(token)
    required = {"require": ["exp", "iss", "aud"]}
    return jwt.decode(
        token, key, algorithms=["RS256"], audience=AUDIENCE, issuer=ISSUER, options=required
    )


def requires_token(scope=None):
    def decorate(view):
        @wraps(view)
        def checked(*args, **kwargs):
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            if scheme.lower() != "bearer":
                return refuse(401, "Bearer")
            try:
                g.token = check(token)
            except jwt.PyJWKClientConnectionError:
                return refuse(503, "Bearer")
            except jwt.PyJWTError:
                return refuse(401, 'Bearer error="invalid_token"')
            if scope and scope not in g.token.get("scope", "").split():
                return refuse(403, f'Bearer error="insufficient_scope", scope="{scope}"')
            return view(*args, **kwargs)

        return checked

    return decorate


def refuse(status, challenge):
    return jsonify(error=challenge), status, {"WWW-Authenticate": challenge}


@app.get("/api/public")
def public():
    return jsonify(message="Anyone may read this.")


@app.get("/api/private")
@requires_token()
def private():
    return jsonify(message="Your token is valid.", sub=g.token.get("sub"))


@app.get("/api/private-scoped")
@requires_token("read:example")
def private_scoped():
    return jsonify(message="Your token is valid and has the scope.", sub=g.token.get("sub"))


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", 3010)))
