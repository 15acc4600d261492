"""A row's values as a form shows them, and what a form sends back as a row."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from eligibility.forms.catalogue import SPECS, YES_OR_NO, Kind

DETAILS = "extra_args"
DETAIL = f"{DETAILS}."
"""Before the name of each further detail in a form: "extra_args.title"."""

_ANSWERS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


class Posted(Protocol):
    """A form's fields (Django's QueryDict, or a plain dict)."""

    def __iter__(self) -> Iterator[str]:
        """The names."""

    def __getitem__(self, name: str, /) -> Any:
        """The last value of this name."""


def values_of(row: Any) -> dict[str, Any]:
    """What a row says, field by field, as a form can show it: text, and details by name.

    A value of a wrong type becomes the text that it most likely should have been.
    """
    if not isinstance(row, Mapping):
        return {}
    known = {name: row[name] for name in SPECS if row.get(name) is not None}
    return {
        name: _details(value) if SPECS[name].kind is Kind.DETAILS else _text(name, value)
        for name, value in known.items()
    }


def read_row(posted: Posted, row: Any = None) -> dict[str, Any]:
    """The row that a form describes: `row` with the form's fields in place of its own.

    Fields that the form does not have stay; one that is empty in the form and absent from the
    row stays absent.
    """
    read = dict(row) if isinstance(row, Mapping) else {}
    for name in posted:
        if name in SPECS and name != DETAILS:
            text = posted[name].strip()
            if name in YES_OR_NO and (text or name in read):
                read[name] = _ANSWERS.get(text.lower())  # empty text would be no answer at all
            elif text or read.get(name) not in (None, ""):
                read[name] = text
    details = {n.removeprefix(DETAIL): posted[n].strip() for n in posted if n.startswith(DETAIL)}
    before = read.get(DETAILS)
    if details and (before is not None or any(details.values())):
        read[DETAILS] = {**(before if isinstance(before, Mapping) else {}), **details}
    return read


def restated(row: Any) -> dict[str, Any]:
    """The row as its form, left as it is, would send it: text where text belongs."""
    values = values_of(row)
    details = values.pop(DETAILS, {})
    return read_row({**values, **{DETAIL + name: text for name, text in details.items()}}, row)


def _text(name: str, value: Any) -> str:
    if name in YES_OR_NO and (answer := _ANSWERS.get(str(value).strip().lower())) is not None:
        return "yes" if answer else "no"
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return json.dumps(value, ensure_ascii=False)


def _details(value: Any) -> dict[str, str]:
    """Details whose value is text; others stay as they are and are not edited by hand."""
    given = value if isinstance(value, Mapping) else {}
    return {str(key): each for key, each in given.items() if isinstance(each, str)}
