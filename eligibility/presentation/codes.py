"""Codes in words. The codes and their names are data (`payer_file`); nothing here knows a payer."""

from __future__ import annotations

import re
from collections.abc import Mapping

from eligibility import payer_file

_NOBODY: Mapping[str, str] = {}
_CODE = re.compile(r"\b[A-Z][A-Z0-9_]+\b")


def id_type_name(code: str) -> str:
    """What staff call a kind of identifier; a code that nobody knows stays as it is."""
    return payer_file.shipped().vocabulary.id_types.get(code) or code


def short_id_type(code: str) -> str:
    """The same without the form of the number: "Emirates ID"."""
    return id_type_name(code).partition(",")[0]


def visit_name(code: str) -> str:
    """What staff call a visit type; one without a name is its code as a word: "Dental"."""
    return _visits().get(code) or code.replace("_", " ").capitalize()


def is_visit_type(code: str) -> bool:
    """Whether this is one of the codes that have a name."""
    return code in _visits()


def codes_in_words(text: str, payers: Mapping[str, str] = _NOBODY) -> str:
    """A sentence of the rules with names in place of codes; `payers` are names by code."""

    def named(found: re.Match[str]) -> str:
        code = found[0]
        return payers.get(code) or (
            visit_name(code) if is_visit_type(code) else short_id_type(code)
        )

    return _named_twice(_CODE.sub(named, text), payers)


def _named_twice(text: str, payers: Mapping[str, str]) -> str:
    """The rules say "TPA002, Nextcare", which must not become a name twice."""
    for name in payers.values():
        if name in text:
            text = text.replace(f"{name}, {name}", name)
    return text


def _visits() -> Mapping[str, str]:
    return payer_file.shipped().vocabulary.visit_types
