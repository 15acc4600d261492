"""A tiny API of the tests' own: what the ground does, seen through views that do nothing."""

from __future__ import annotations

from typing import Any

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework import exceptions
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.prefer import read_options
from portal.api.views import ApiViewSet, is_suspicious, json_body
from portal.models import Scope

SECRET = "784-1999-0000000-1 of Fatima"
FAULTS: dict[str, Exception] = {
    "bug": RuntimeError(SECRET),
    "busy": OperationalError(f"database is locked {SECRET}"),
    "throttled": exceptions.Throttled(wait=7.2),
    "validation": exceptions.ValidationError({"rows": [{"name": ["Too long."]}]}),
}


class EchoViewSet(ApiViewSet):
    """Says back what came in."""

    required_scopes = {"create": Scope.RECORDS_WRITE, "retrieve": Scope.RECORDS_READ}

    def create(self, request: Request) -> Response:
        """The body."""
        return Response({"body": json_body(request), "suspicious": is_suspicious(request)})

    def retrieve(self, request: Request) -> Response:
        """The caller."""
        caller = self.caller
        return Response(
            {"team": caller.team.pk, "clinic": caller.clinic.pk, "actor": caller.actor_id}
        )

    def forgotten(self, request: Request) -> Response:
        """An action without a scope."""
        return Response({})


class OpenViewSet(ApiViewSet):
    """The same without a key."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def create(self, request: Request) -> Response:
        """The body."""
        return Response({"body": json_body(request), "suspicious": is_suspicious(request)})

    def options_of(self, request: Request) -> Response:
        """The options."""
        options = read_options(request)
        return Response(
            {
                "strict": options.strict_handling,
                "dry_run": options.dry_run,
                "full": options.full_detail,
                "profile": options.profile,
            }
        )

    def fail(self, request: Request, kind: str) -> Response:
        """An exception of this kind."""
        raise FAULTS[kind]


def plain_failure(request: HttpRequest) -> HttpResponse:
    """A view outside DRF that breaks."""
    raise RuntimeError(SECRET)


def plain_ok(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """A page."""
    return HttpResponse("<p>fine")


urlpatterns = [
    path("v2/echo", EchoViewSet.as_view({"post": "create", "get": "retrieve"})),
    path("v2/forgotten", EchoViewSet.as_view({"get": "forgotten"})),
    path("v2/open", OpenViewSet.as_view({"post": "create", "get": "options_of"})),
    path("v2/fail/<str:kind>", OpenViewSet.as_view({"get": "fail"})),
    path("v2/plain", plain_failure),
    path("page", plain_ok),
    path("api/docs/", plain_ok),
]
handler404 = "portal.plain_pages.not_found"
handler500 = "portal.plain_pages.server_error"
