"""The REST faces of the eligibility verbs."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet


class HealthViewSet(ViewSet):
    """Whether the service answers."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def health(self, request: Request) -> Response:
        """Healthy, and since when this answer is true."""
        return Response({"status": "healthy", "timestamp": timezone.now().isoformat()})
