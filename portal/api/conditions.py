"""Conditional requests: `If-Match` against the version of a row (RFC 9110, 13.1.1)."""

from __future__ import annotations

import re

from rest_framework.request import Request

from portal.errors import ApiError, ErrorCode

_TAG = re.compile(r'\s*(?:W/)?"([^"]*)"\s*')


def versions_wanted(request: Request) -> frozenset[int] | None:
    """The versions that the caller knows; None when it does not say, or says any (`*`).

    A tag that is none of ours matches no version.
    """
    header = request.headers.get("If-Match", "").strip()
    if header in ("", "*"):
        return None
    tags = [match[1] for part in header.split(",") if (match := _TAG.fullmatch(part))]
    return frozenset(int(tag) for tag in tags if tag.isascii() and tag.isdigit() and len(tag) < 10)


def version_is_asked(request: Request) -> bool:
    """Whether the caller wants to change something that is there, whichever version it has."""
    return request.headers.get("If-Match", "").strip() != ""


def stale() -> ApiError:
    """A 412: somebody else changed the row meanwhile."""
    message = "The row has changed since you read it. Read it again before you change it."
    return ApiError(ErrorCode.PRECONDITION_FAILED, message)
