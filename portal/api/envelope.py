"""The one error envelope, and how every exception becomes one (api-contract, section 2)."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from portal.api.renderers import render_json
from portal.errors import STATUS, ApiError, ErrorCode, detail

RETRY_AFTER = "5"
"""Seconds until a caller may try again after the database was out of reach."""

_CODES = {status: code for code, status in STATUS.items() if code != ErrorCode.INVALID_JSON}
_MESSAGES = {
    ErrorCode.INVALID_REQUEST: "The request could not be understood.",
    ErrorCode.UNAUTHORIZED: "An API key is needed.",
    ErrorCode.FORBIDDEN: "This is not allowed.",
    ErrorCode.NOT_FOUND: "There is nothing at this address.",
    ErrorCode.METHOD_NOT_ALLOWED: "This method is not allowed here.",
    ErrorCode.INTERNAL: "Something went wrong on our side. The request id helps us to find it.",
    ErrorCode.UNAVAILABLE: "The service is out of reach for a moment. Please try again.",
}
_log = structlog.get_logger(__name__)


def is_api_path(path: str) -> bool:
    """Whether this path answers JSON, whatever happens."""
    return path.startswith(settings.API_PREFIXES)


def body_of(error: ApiError, request_id: str) -> dict[str, Any]:
    """The envelope of an error."""
    return {
        "success": False,
        "message": error.message,
        "error": {"code": error.code.value, "message": error.message, "details": error.details},
        **error.extra,
        "request_id": request_id,
    }


def error_for_status(status: int) -> ApiError:
    """The error that a bare HTTP status stands for."""
    fallback = ErrorCode.INTERNAL if status >= 500 else ErrorCode.INVALID_REQUEST
    code = _CODES.get(status, fallback)
    return ApiError(code, _MESSAGES.get(code, "The request was refused."), status=status)


def respond(error: ApiError, request: HttpRequest) -> HttpResponse:
    """The envelope as a plain Django response, for code that runs outside DRF."""
    return turn_into(HttpResponse(status=error.status, headers=error.headers), error, request)


def turn_into(response: HttpResponse, error: ApiError, request: HttpRequest) -> HttpResponse:
    """Put the envelope in the place of a response's content; its status and headers stay."""
    response.content = render_json(body_of(error, getattr(request, "request_id", "")))
    response.headers["Content-Type"] = "application/json"
    response.headers["Content-Length"] = str(len(response.content))
    return response


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response:
    """DRF's EXCEPTION_HANDLER: any exception of a view as the envelope; never a traceback."""
    error = as_api_error(exc)
    set_rollback()
    request_id = getattr(context["request"], "request_id", "")
    return Response(body_of(error, request_id), status=error.status, headers=error.headers)


def as_api_error(exc: Exception) -> ApiError:
    """The error that an exception stands for. One that nobody foresaw is logged."""
    if isinstance(exc, ApiError):
        return exc
    for kinds, convert in _CONVERTERS:
        if isinstance(exc, kinds):
            return convert(exc)
    log_unexpected(exc)
    return error_for_status(500)


def log_unexpected(exc: BaseException) -> None:
    """Log where an exception came from, without its text: that may quote a patient's row."""
    frames = traceback.extract_tb(exc.__traceback__)
    where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-12:]]
    _log.error("request.failed", exception=type(exc).__qualname__, where=where)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The 404 of an address below the API's."""
    return respond(error_for_status(404), request)


def server_error(request: HttpRequest) -> HttpResponse:
    """The 500 of an address below the API's."""
    return respond(error_for_status(500), request)


def _unavailable(exc: Exception) -> ApiError:
    """The database is out of reach or busy beyond its patience."""
    _log.warning("database.unavailable", exception=type(exc).__qualname__)
    error = error_for_status(503)
    error.headers["Retry-After"] = RETRY_AFTER
    return error


def _validation(exc: Any) -> ApiError:
    """A serializer's or model's complaints as details, one for each message."""
    details = [
        detail(item.code or "invalid", str(item), pointer=pointer)
        for pointer, item in _flatten(exc.detail, "")
    ]
    return ApiError(ErrorCode.INVALID_REQUEST, "The request is not valid.", details=details)


def _flatten(node: Any, pointer: str) -> list[tuple[str, Any]]:
    """Each message of a nested DRF error with the JSON pointer to its field."""
    if isinstance(node, dict):
        pairs = [(key, value) for key, value in node.items()]
    elif isinstance(node, list):
        pairs = [("" if _is_leaf(value) else index, value) for index, value in enumerate(node)]
    else:
        return [(pointer, node)]
    found = []
    for key, value in pairs:
        found += _flatten(value, pointer if key == "" else f"{pointer}/{key}")
    return found


def _is_leaf(value: Any) -> bool:
    return not isinstance(value, dict | list)


def _django_validation(exc: Any) -> ApiError:
    """A model's ValidationError; its params stay out, since they may quote the value."""
    details = [detail("invalid", message) for message in exc.messages]
    return ApiError(ErrorCode.INVALID_REQUEST, "The request is not valid.", details=details)


def _of_drf(exc: Any) -> ApiError:
    """One of DRF's own exceptions, with its status and headers."""
    error = error_for_status(exc.status_code)
    if isinstance(exc.detail, str) and exc.status_code < 500:
        error.message = str(exc.detail)
    wait = getattr(exc, "wait", None)
    if wait is not None:
        error.headers["Retry-After"] = str(int(wait + 0.999))
    header = getattr(exc, "auth_header", None)
    if header:
        error.headers["WWW-Authenticate"] = header
    return error


def _bad_json(exc: Any) -> ApiError:
    return ApiError(ErrorCode.INVALID_JSON, str(exc.detail))


def _as(status: int) -> Callable[[Any], ApiError]:
    return lambda exc: error_for_status(status)


_CONVERTERS: list[tuple[Any, Callable[[Any], ApiError]]] = [
    (exceptions.ParseError, _bad_json),
    (exceptions.ValidationError, _validation),
    (exceptions.APIException, _of_drf),
    (ValidationError, _django_validation),
    (Http404, _as(404)),
    (PermissionDenied, _as(403)),
    (RequestDataTooBig, _as(413)),
    (SuspiciousOperation, _as(400)),
    (UnreadablePostError, _as(400)),
    ((OperationalError, InterfaceError), _unavailable),
]
