import os
from functools import wraps

import jwt
from flask import Flask, g, jsonify, request

ISSUER = "https://issuer.example/"
AUDIENCE = "https://api.example/"

# The secrets that sign the tokens also verify them. They come from the environment,
# never from the source: KEY_ID:SECRET, and while another takes over both with a comma.
SIGNING_SECRETS = dict(pair.split(":") for pair in os.environ["SIGNING_SECRETS"].split(","))

app = Flask(__name__)


def check(token):
    secret = SIGNING_SECRETS.get(jwt.get_unverified_header(token).get("kid"))
    if secret is None:
        raise jwt.InvalidKeyError("The token names no secret of this API.")
    required = {"require": ["exp", "iss", "aud"]}
    return jwt.decode(
        token, secret, algorithms=["HS256"], audience=AUDIENCE, issuer=ISSUER, options=required
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
