"""What people see where no page of the staff's site can be shown: nothing there, or broken."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portal import admin_pages
from portal.api import envelope
from portal.middleware import LOCKED, STAFF

POLICY = f"{LOCKED}; style-src 'self'; img-src 'self'"
"""Content-Security-Policy of these pages, at whatever address they are shown."""


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's handler404. Who is logged in keeps the menu: one wrong link is no dead end."""
    if envelope.is_api_path(request.path):
        return envelope.not_found(request, exception)
    user: Any = getattr(request, "user", None)
    if request.path.startswith(STAFF) and user and user.is_staff:
        return admin_pages.no_such_page(request)
    return _plain(
        request,
        404,
        title="Not found",
        heading="There is no such page",
        explanation="The address may be mistyped, or the page has moved.",
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500: asks nothing of the database, which may be what is broken."""
    if envelope.is_api_path(request.path):
        return envelope.server_error(request)
    return _plain(
        request,
        500,
        title="Something went wrong",
        heading="Something went wrong on our side",
        explanation="Nothing of yours was lost, but this page could not be shown. Try again in a "
        "moment; if it stays so, give the number below to whoever runs the portal.",
        request_id=getattr(request, "request_id", ""),
    )


def _plain(request: HttpRequest, status: int, **words: str) -> HttpResponse:
    # Without the request's context processors: those ask who is logged in.
    response = render(None, "plain.html", words, status=status)
    response.headers["Content-Security-Policy"] = POLICY
    return response
