from django.urls import path
from rest_framework.response import Response
from rest_framework.views import APIView

from token_auth import HasScope


class Public(APIView):
    authentication_classes = []
    permission_classes = []

    def get(self, request):
        return Response({"message": "Anyone may read this."})


class Private(APIView):
    def get(self, request):
        return Response({"message": "Your token is valid.", "sub": request.auth.get("sub")})


class PrivateScoped(APIView):
    permission_classes = [HasScope]
    required_scope = "read:example"

    def get(self, request):
        return Response(
            {"message": "Your token is valid and has the scope.", "sub": request.auth.get("sub")}
        )


urlpatterns = [
    path("api/public", Public.as_view()),
    path("api/private", Private.as_view()),
    path("api/private-scoped", PrivateScoped.as_view()),
]
