"""The least that an API does: the same key check, and one committed INSERT or one SELECT."""

from __future__ import annotations

from typing import Any

from django.urls import include, path
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from eligibility.models import EligibilityTask, Payer
from portal.api.permissions import HasScope


class PlainView(APIView):
    """A DRF view behind the portal's own authentication."""

    permission_classes = (HasScope,)
    throttle_classes = ()
    required_scopes = {"GET": "eligibility:read", "POST": "eligibility:write"}

    def post(self, request: Request) -> Response:
        """Store one row as it came; the database commits it by itself."""
        caller: Any = request.user
        row: Any = request.data
        payer: Any = Payer.objects.only("pk").first()
        task = EligibilityTask.objects.create(
            team=caller.team, clinic=caller.clinic, payer=payer,
            id_type=row["id_type"], id_value=row["id_value"], id_key=row["id_value"],
            request_dump=row, not_before=timezone.now(), status="cancelled",
            finished_at=timezone.now(),
        )  # fmt: skip
        return Response({"task_id": str(task.pk)})

    def get(self, request: Request, task_id: Any = None) -> Response:
        """One row by its id."""
        caller: Any = request.user
        task = EligibilityTask.objects.filter(team=caller.team).values().get(pk=task_id)
        return Response({name: str(value) for name, value in task.items()})


urlpatterns = [
    path("plain/tasks", PlainView.as_view()),
    path("plain/tasks/<uuid:task_id>", PlainView.as_view()),
    path("", include("portal.urls")),
]
"""The portal's addresses and these two."""
