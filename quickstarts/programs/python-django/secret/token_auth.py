import os

import jwt
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission

ISSUER = "https://issuer.example/"
AUDIENCE = "https://api.example/"

# The secrets that sign the tokens also verify them. They come from the environment,
# never from the source: KEY_ID:SECRET, and while another takes over both with a comma.
SIGNING_SECRETS = dict(pair.split(":") for pair in os.environ["SIGNING_SECRETS"].split(","))


def check(token):
    secret = SIGNING_SECRETS.get(jwt.get_unverified_header(token).get("kid"))
    if secret is None:
        raise jwt.InvalidKeyError("The token names no secret of this API.")
    required = {"require": ["exp", "iss", "aud"]}
    return jwt.decode(
        token, secret, algorithms=["HS256"], audience=AUDIENCE, issuer=ISSUER, options=required
    )


class TokenAuthentication(BaseAuthentication):
    """Leaves the claims of a valid token in request.auth. No user belongs to them: a client calls for itself."""

    def authenticate(self, request):
        token = bearer_token(request)
        if token is None:
            return None
        try:
            return None, check(token)
        except jwt.PyJWTError:
            raise AuthenticationFailed("The token is not valid.")

    def authenticate_header(self, request):
        return "Bearer" if bearer_token(request) is None else 'Bearer error="invalid_token"'


def bearer_token(request):
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else None


class HasToken(BasePermission):
    def has_permission(self, request, view):
        return request.auth is not None


class HasScope(HasToken):
    """Wants the scope that the view names in required_scope too."""

    def has_permission(self, request, view):
        if not super().has_permission(request, view):
            return False
        if view.required_scope not in request.auth.get("scope", "").split():
            raise MissingScope(view.required_scope)
        return True


class MissingScope(PermissionDenied):
    def __init__(self, scope):
        super().__init__()
        # What REST framework sends as WWW-Authenticate.
        self.auth_header = f'Bearer error="insufficient_scope", scope="{scope}"'
