"""What every request passes: an id, the security headers, the API's guards. No rows are written."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

from portal.api.body import take_body
from portal.api.envelope import as_api_error, error_for_status, is_api_path, respond, turn_into
from portal.errors import ApiError

GetResponse = Callable[[HttpRequest], HttpResponse]
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

STAFF = "/admin/"
LOCKED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
POLICIES = {
    "/api/docs/": (
        f"{LOCKED}; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'"
    ),
    "/api/start/": f"{LOCKED}; script-src 'self'; style-src 'self'; img-src 'self'",
    # unfold's Alpine evaluates expressions; its theme and its widgets set styles inline.
    STAFF: (
        "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; "
        "script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self'"
    ),
}
"""Content-Security-Policy by path prefix, the longest one that matches; else LOCKED."""


class RequestIdMiddleware:
    """Gives each request an id: on the request, in every log line and in the answer.

    A sane incoming X-Request-ID is kept, so that a caller can find its request in our logs.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Runs first, so that even a refusal by other middleware carries the id."""
        sent = request.headers.get("X-Request-ID", "")
        request_id = sent if _SANE_ID.fullmatch(sent) else secrets.token_hex(16)
        request.request_id = request_id  # type: ignore[attr-defined]
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
        response.headers["X-Request-ID"] = request_id
        return response


class SecurityHeadersMiddleware:
    """Sets the Content-Security-Policy, and keeps answers and staff's pages out of caches."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """A view that set such a header itself keeps its own."""
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy_for(request.path))
        if is_api_path(request.path):
            response.headers.setdefault("Cache-Control", "no-store")
        elif request.path.startswith(STAFF):
            response.headers["Cache-Control"] = "no-store"
        return response


def policy_for(path: str) -> str:
    """The Content-Security-Policy of an address."""
    matching = [prefix for prefix in POLICIES if path.startswith(prefix)]
    return POLICIES[max(matching, key=len)] if matching else LOCKED


class ApiEnvelopeMiddleware:
    """Answers JSON under the API's prefixes where Django itself would show a page.

    That is an unknown address, an unexpected error or a refused host, with DEBUG on or off.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Replace a page, keep its headers."""
        response = self.get_response(request)
        is_page = response.status_code >= 400 and "json" not in response.get("Content-Type", "")
        if is_page and is_api_path(request.path):
            turn_into(response, error_for_status(response.status_code), request)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """An error that no view foresaw; outside the API it stays Django's."""
        if is_api_path(request.path):
            return respond(as_api_error(exception), request)
        return None


class ApiGuardMiddleware:
    """Refuses a body that is too large before anything reads it, so that the client sees why."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Only the API's addresses: forms and uploads have limits of their own."""
        if is_api_path(request.path):
            try:
                take_body(request)
            except ApiError as error:
                return respond(error, request)
        return self.get_response(request)
