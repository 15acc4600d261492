"""The headers of answers on the OpenAPI page: said once in the components, referred to by each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

_EVERY: Final = ("X-Request-ID",)
_COUNTED: Final = ("RateLimit", "RateLimit-Policy")
_OF_STATUS: Final[Mapping[str, tuple[str, ...]]] = {
    "401": ("WWW-Authenticate",),
    "409": ("Retry-After",),
    "429": ("Retry-After",),
    "503": ("Retry-After",),
}
_UNCOUNTED: Final = ("401", "503")
"""Answers that may be given before a call is counted."""
_NEVER_KEPT: Final = ("401", "403", "405", "429")
"""Answers that are given before a POST is looked up by its key."""


def _header(description: str, kind: str = "string") -> dict[str, Any]:
    return {"description": description, "schema": {"type": kind}}


HEADERS: Final[Mapping[str, dict[str, Any]]] = {
    "X-Request-ID": _header("Yours, when it was a sane one, or ours. Name it when you ask us."),
    "RateLimit": _header(
        "What is left of each quota (`r`), and the seconds until it is whole again (`t`)."
    ),
    "RateLimit-Policy": _header("The quotas: so many calls (`q`) in so many seconds (`w`)."),
    "Retry-After": _header("Seconds to wait.", "integer"),
    "WWW-Authenticate": _header("How to send a key."),
    "ETag": _header("The row's version, for `If-Match`."),
    "Idempotent-Replayed": _header(
        "`true` when this is the answer to an earlier request with the same `Idempotency-Key`."
    ),
}
"""Every header that answers carry beside HTTP's own, by name."""


def add_headers(methods: Mapping[str, dict[str, Any]]) -> None:
    """Name the headers of each answer of one address, by method.

    Where one method takes `If-Match`, the others say which version there is.
    """
    has_versions = any("If-Match" in _parameters(each) for each in methods.values())
    for method, operation in methods.items():
        for status, response in operation["responses"].items():
            names = {*_EVERY, *_of_answer(operation, status)}
            if has_versions and method != "delete" and status.startswith("2"):
                names.add("ETag")
            said = response.setdefault("headers", {})
            for name in HEADERS:
                if name in names:
                    said.setdefault(name, {"$ref": f"#/components/headers/{name}"})


def _of_answer(operation: Mapping[str, Any], status: str) -> Iterator[str]:
    yield from _OF_STATUS.get(status, ())
    if any(operation.get("security", [])) and status not in _UNCOUNTED:
        yield from _COUNTED
    is_kept = status.startswith(("2", "4")) and status not in _NEVER_KEPT
    if is_kept and "Idempotency-Key" in _parameters(operation):
        yield "Idempotent-Replayed"


def _parameters(operation: Mapping[str, Any]) -> set[str]:
    return {parameter["name"] for parameter in operation.get("parameters", [])}
