"""Why a whole request is refused. Raised anywhere below a view, shown by `portal.api.envelope`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any


class ErrorCode(StrEnum):
    """The codes of the error envelope. Each has one HTTP status, unless the raiser says other."""

    INVALID_JSON = "INVALID_JSON"
    INVALID_REQUEST = "INVALID_REQUEST"
    UNAUTHORIZED = "UNAUTHORIZED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    CONFLICT = "CONFLICT"
    PRECONDITION_FAILED = "PRECONDITION_FAILED"
    PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    RATE_LIMITED = "RATE_LIMITED"
    INTERNAL = "INTERNAL"
    UNAVAILABLE = "UNAVAILABLE"


STATUS: dict[ErrorCode, int] = {
    ErrorCode.INVALID_JSON: 400,
    ErrorCode.INVALID_REQUEST: 400,
    ErrorCode.UNAUTHORIZED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.METHOD_NOT_ALLOWED: 405,
    ErrorCode.CONFLICT: 409,
    ErrorCode.PRECONDITION_FAILED: 412,
    ErrorCode.PAYLOAD_TOO_LARGE: 413,
    ErrorCode.UNSUPPORTED_MEDIA_TYPE: 415,
    ErrorCode.IDEMPOTENCY_KEY_REUSED: 422,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.INTERNAL: 500,
    ErrorCode.UNAVAILABLE: 503,
}


def detail(
    code: str,
    message: str,
    *,
    pointer: str = "",
    value: Any = None,
    suggestion: Any = None,
    row: int | None = None,
) -> dict[str, Any]:
    """One entry of `error.details`, in the shape of `portal.intake.issues.Issue.as_detail`."""
    return {
        "row": row,
        "pointer": pointer,
        "code": code,
        "message": message,
        "value": value,
        "suggestion": suggestion,
    }


class ApiError(Exception):
    """A whole request is refused; the exception handler turns it into the error envelope.

    `message` is for the caller and names no patient. `details` are entries made by `detail()`
    or `Issue.as_detail()`. `extra` are further top-level keys of the answer (rare: the contract
    names them). `status` is needed only where it differs from the code's own.
    """

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        *,
        details: Sequence[Mapping[str, Any]] = (),
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(code.value)
        self.code = code
        self.message = message
        self.details = list(details)
        self.status = STATUS[code] if status is None else status
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})


def invalid_request(
    code: str, message: str, *, pointer: str = "", value: Any = None, suggestion: Any = None
) -> ApiError:
    """A 400 with one detail, whose message is also the request's."""
    entry = detail(code, message, pointer=pointer, value=value, suggestion=suggestion)
    return ApiError(ErrorCode.INVALID_REQUEST, message, details=[entry])


def not_found(what: str) -> ApiError:
    """A 404 for a row that is not there, or another team's: the caller cannot tell which."""
    return ApiError(ErrorCode.NOT_FOUND, f"There is no such {what}.")
