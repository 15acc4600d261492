"""How long a login lasts, where it comes from, and the page of somebody who is locked out."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from portal.middleware import STAFF
from portal.roles import zone_of

BEGAN = "portal_began"
"""Session key: when the login began (Unix seconds)."""

SEEN = "portal_seen"
"""Session key: when the person last did something (Unix seconds, written once a minute)."""

BACKGROUND_HEADER = "X-Background"
"""Set to 1 by a page that refreshes itself: nobody is at the desk because of it."""

_WRITTEN_EVERY = 60


class SessionLimitsMiddleware:
    """Logs out who did nothing for a while (idle) and who has been in for long (absolute).

    SESSION_IDLE_SECONDS and SESSION_ABSOLUTE_SECONDS. Requests with `X-Background: 1` prolong
    nothing, and after the end get a 204 that makes htmx load the page anew.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Only a session that somebody logged in with has limits."""
        if settings.SESSION_COOKIE_NAME in request.COOKIES and SESSION_KEY in request.session:
            reason = _over(request)
            if reason:
                logout(request)
                if _is_fragment(request):
                    return HttpResponse(status=204, headers={"HX-Refresh": "true"})
                messages.info(request, reason)
        return self.get_response(request)


def _over(request: HttpRequest) -> str:
    """Why this login has ended; empty while it has not, which is noted."""
    now, session = time.time(), request.session
    began, seen = session.get(BEGAN), session.get(SEEN)
    if began is None or seen is None:
        session[BEGAN] = session[SEEN] = now
        return ""
    if now - began > settings.SESSION_ABSOLUTE_SECONDS:
        return "A login lasts for one working day at most. Please log in again."
    if now - seen > settings.SESSION_IDLE_SECONDS:
        return "You were logged out because nothing happened for a while. Please log in again."
    if now - seen > _WRITTEN_EVERY and not _is_background(request):
        session[SEEN] = now
    return ""


def _is_background(request: HttpRequest) -> bool:
    return request.headers.get(BACKGROUND_HEADER) == "1"


def _is_fragment(request: HttpRequest) -> bool:
    return _is_background(request) or request.headers.get("HX-Request") == "true"


class StaffZoneMiddleware:
    """Shows the staff's pages in the time zone of the person's clinic; the API knows only UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Only a person who is logged in costs the query of their clinics."""
        if not request.path.startswith(STAFF) or SESSION_KEY not in request.session:
            return self.get_response(request)
        with timezone.override(zone_of(request.user)):
            return self.get_response(request)


def client_ip(request: HttpRequest) -> str:
    """The address that a login comes from, for the limit of failed ones.

    Behind proxies (PROXY_COUNT of them) the address that the outermost of ours saw: what stands
    further left in X-Forwarded-For is the client's own word.
    """
    direct = str(request.META.get("REMOTE_ADDR", ""))
    if settings.PROXY_COUNT == 0:
        return direct
    passed = request.headers.get("X-Forwarded-For", "").split(",")
    if len(passed) < settings.PROXY_COUNT:
        return direct
    seen = passed[-settings.PROXY_COUNT].strip()
    return seen if _is_address(seen) else direct


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def lockout_page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """A 429 in plain words for somebody who mistyped the password too often (django-axes)."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    response = TemplateResponse(
        request,
        "admin/lockout.html",
        {**admin.site.each_context(request), "title": "Locked", "minutes": minutes},
        status=429,
        headers={"Retry-After": str(60 * minutes)},
    )
    return response.render()
