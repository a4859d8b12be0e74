# No database, no sessions, no templates: all that this API needs of Django.
ROOT_URLCONF = "api"
ALLOWED_HOSTS = ["localhost"]

# Every view wants a valid token, unless it says otherwise.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["token_auth.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["token_auth.HasToken"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "UNAUTHENTICATED_USER": None,
}
