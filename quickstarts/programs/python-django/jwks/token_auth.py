import jwt
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException, AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission

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


class IssuerUnreachable(APIException):
    status_code = 503
    default_detail = "The issuer could not be reached."


class TokenAuthentication(BaseAuthentication):
    """Leaves the claims of a valid token in request.auth. No user belongs to them: a client calls for itself."""

    def authenticate(self, request):
        token = bearer_token(request)
        if token is None:
            return None
        try:
            return None, check(token)
        except jwt.PyJWKClientConnectionError:
            raise IssuerUnreachable
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
