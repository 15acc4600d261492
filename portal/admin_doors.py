"""Logging in and out and changing one's password, each with an audit event."""

from __future__ import annotations

import time
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from portal import audit
from portal.models import Verb
from portal.sessions import BEGAN, SEEN


class AuditedDoors:
    """For an AdminSite, in front of its own."""

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Also the beginning of the session's absolute limit."""
        response: HttpResponse = super().login(request, extra_context)  # type: ignore[misc]
        if _went_through(request, response):
            request.session[BEGAN] = request.session[SEEN] = time.time()
            audit.record(verb=Verb.SIGNED_IN, actor=audit.actor_of(request))
        return response

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Back to the login page. A link alone (GET) logs nobody out."""
        user: Any = request.user
        leaving = audit.of_user(user) if user.is_authenticated else None
        response: HttpResponse = super().logout(request, extra_context)  # type: ignore[misc]
        if request.method != "POST":
            return response
        if leaving is not None:
            audit.record(verb=Verb.SIGNED_OUT, actor=leaving)
        return redirect("admin:login")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """One's own; the old one is asked for."""
        response: HttpResponse = super().password_change(  # type: ignore[misc]
            request, extra_context
        )
        user: Any = request.user
        if _went_through(request, response):
            audit.record(verb=Verb.PASSWORD_CHANGED, actor=audit.of_user(user), obj=user)
        return response


def _went_through(request: HttpRequest, response: HttpResponse) -> bool:
    """A form that was right leads on, one that was not is shown again."""
    return request.method == "POST" and response.status_code == 302
