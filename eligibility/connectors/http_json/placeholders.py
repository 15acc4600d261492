"""The fixed list of what a request may say about a question. There is no template language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

ABOUT_PATIENT: Final = frozenset(
    {"id_value", "name", "dob", "phone", "extra_title", "extra_value", "extra_args"}
)
"""Only ever sent in a body: paths, queries and headers are logged on the way."""

OPEN: Final = frozenset(
    {
        *("reference", "payer", "payer_name", "id_type", "visit_type"),
        *("service_date", "doctor_name", "handle"),
    }
)
WHOLE: Final = frozenset({"extra_args"})
"""Not text: they stand alone in their string, which they replace."""

SECRET: Final = "secret:"  # noqa: S105 (what a placeholder begins with)
_PLACE: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_SECRET_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")


def names_in(text: str) -> list[str]:
    """The placeholders of a text. Raises ValueError for an unknown one and for a lone brace."""
    found = []
    for match in _PLACE.finditer(text):
        if match[0] in ("{{", "}}"):
            continue
        name = match[1]
        if name is None:
            raise ValueError("a lone brace; write {{ or }} for a brace itself")
        known_secret = name.startswith(SECRET) and _SECRET_NAME.fullmatch(name[len(SECRET) :])
        if not known_secret and name not in OPEN | ABOUT_PATIENT:
            known = ", ".join(sorted(OPEN | ABOUT_PATIENT))
            raise ValueError(f"there is no {{{name[:40]}}}; there are {known} and secret:NAME")
        found.append(name)
    return found


def check_in_body(value: Any) -> None:
    """Every text of a body; raises ValueError. An object stands alone in its string."""
    for text in texts_of(value):
        for name in names_in(text):
            if name in WHOLE and text != f"{{{name}}}":
                raise ValueError(f"{{{name}}} is an object: it must stand alone in its text")


def check_outside(text: str, *, secrets: bool) -> None:
    """A path, a query's value or a header; raises ValueError for anything about the patient."""
    for name in names_in(text):
        if name in ABOUT_PATIENT:
            raise ValueError(
                f"{{{name}}} is about the patient: it may stand in the body only, since paths,"
                " queries and headers are logged on the way"
            )
        if name.startswith(SECRET) and not secrets:
            raise ValueError("a secret may stand in a header or in the body only")


def texts_of(value: Any) -> Iterator[str]:
    """Every text inside a JSON value; an object's keys are no templates."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from texts_of(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts_of(each)


def fill(text: str, values: Mapping[str, Any]) -> str:
    """The text with its placeholders replaced; an unknown value is empty."""

    def value(match: re.Match[str]) -> str:
        if match[0] in ("{{", "}}"):
            return match[0][0]
        found = values.get(match[1])
        return "" if found is None else str(found)

    return _PLACE.sub(value, text)


_LEFT_OUT: Final = object()


def fill_body(template: Any, values: Mapping[str, Any]) -> Any:
    """A body for one question. What has nothing to say is left out, with its key.

    That is: a text of placeholders only, all of them empty, and an object that is left empty.
    """
    filled = _filled(template, values)
    return None if filled is _LEFT_OUT else filled


def _filled(template: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(template, str):
        return _filled_text(template, values)
    if isinstance(template, list):
        return [each for each in (_filled(e, values) for e in template) if each is not _LEFT_OUT]
    if isinstance(template, dict):
        filled = {key: _filled(each, values) for key, each in template.items()}
        kept = {key: each for key, each in filled.items() if each is not _LEFT_OUT}
        return kept if kept or not template else _LEFT_OUT
    return template


def _filled_text(text: str, values: Mapping[str, Any]) -> Any:
    alone = text[1:-1]
    if alone in WHOLE and text == f"{{{alone}}}":
        return values.get(alone) or _LEFT_OUT
    filled = fill(text, values)
    return _LEFT_OUT if not filled and text else filled
