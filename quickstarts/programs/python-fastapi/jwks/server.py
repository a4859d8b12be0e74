import os
from typing import Annotated

import jwt
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

ISSUER = "https://issuer.example/"
AUDIENCE = "https://api.example/"

# Fetches the issuer's public keys, keeps them, and fetches again when a token names a key it does not know.
keys = jwt.PyJWKClient(ISSUER + ".well-known/jwks.json", timeout=5)


def check(token):
    key = keys.get_signing_key_from_jwt(token)
    required = {"require": ["exp", "iss", "aud"]}
    return jwt.decode(
        token, key, algorithms=["RS256"], audience=AUDIENCE, issuer=ISSUER, options=required
    )


# Without async, FastAPI calls it in a thread of its own: fetching keys then holds up no other request.
def verified_token(
    needed: SecurityScopes,
    bearer: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())],
) -> dict:
    try:
        token = check(bearer.credentials)
    except jwt.PyJWKClientConnectionError:
        raise refusal(503, "Bearer")
    except jwt.PyJWTError:
        raise refusal(401, 'Bearer error="invalid_token"')
    granted = token.get("scope", "").split()
    if not set(needed.scopes) <= set(granted):
        raise refusal(403, f'Bearer error="insufficient_scope", scope="{needed.scope_str}"')
    return token


def refusal(status, challenge):
    return HTTPException(status, detail=challenge, headers={"WWW-Authenticate": challenge})


app = FastAPI()


@app.get("/api/public")
def public():
    return {"message": "Anyone may read this."}


@app.get("/api/private")
def private(token: Annotated[dict, Security(verified_token)]):
    return {"message": "Your token is valid.", "sub": token.get("sub")}


@app.get("/api/private-scoped")
def private_scoped(token: Annotated[dict, Security(verified_token, scopes=["read:example"])]):
    return {"message": "Your token is valid and has the scope.", "sub": token.get("sub")}


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", 3010)))
