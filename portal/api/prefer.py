"""How a caller wants its rows to be treated: the `Prefer` header and three query parameters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rest_framework.request import Request

from portal.errors import invalid_request

_SWITCH = {"": False, "false": False, "0": False, "true": True, "1": True}


@dataclass(frozen=True, slots=True)
class BulkOptions:
    """What was asked beside the rows.

    `strict_handling` creates all rows or none (`Prefer: handling=strict`); `dry_run` creates
    nothing; `full_detail` says what became of each row; `profile` is "lenient" or "strict" and
    decides whether a doubt is a warning or an error.
    """

    strict_handling: bool = False
    dry_run: bool = False
    full_detail: bool = False
    profile: str = "lenient"


def read_options(request: Request) -> BulkOptions:
    """The options of a request. Raises ApiError for a value that nobody knows."""
    query = request.query_params
    handling = preferences(request.headers.get("Prefer", "")).get("handling", "lenient")
    return BulkOptions(
        strict_handling=_one_of("Prefer: handling", handling, "lenient", "strict") == "strict",
        dry_run=_SWITCH[_one_of("dry_run", query.get("dry_run", "").lower(), *_SWITCH)],
        full_detail=_one_of("detail", query.get("detail", ""), "", "full") == "full",
        profile=_one_of("profile", query.get("profile", "lenient"), "lenient", "strict"),
    )


def read_choice(request: Request, name: str, *known: str) -> str:
    """One query parameter that is one of these words; the first one when it is absent."""
    return _one_of(name, request.query_params.get(name, known[0]), *known)


def preferences(header: str) -> dict[str, str]:
    """The preferences of a Prefer header by lower-case name (RFC 7240).

    The first of two equal names counts; parameters after ";" belong to a preference we do not
    have and are left out; a value may be quoted.
    """
    found: dict[str, str] = {}
    for item in _split(header, ","):
        preference = next(_split(item, ";"), "")
        name, _, value = preference.partition("=")
        if name.strip():
            found.setdefault(name.strip().lower(), value.strip().strip('"'))
    return found


def _split(text: str, separator: str) -> Iterator[str]:
    """Split at separators that stand outside quotes."""
    piece = ""
    for part in text.split(separator):
        piece = f"{piece}{separator}{part}" if piece else part
        if piece.count('"') % 2 == 0:
            yield piece
            piece = ""
    if piece:
        yield piece


def _one_of(name: str, value: str, *known: str) -> str:
    if value in known:
        return value
    choices = " or ".join(word for word in known if word)
    raise invalid_request(
        "option.unknown", f"{name} is {choices}.", pointer="", value=f"{name}={value[:64]}"
    )
