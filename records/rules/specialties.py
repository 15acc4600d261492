"""`specialty.code` and `specialty.name`: NUCC codes, and the names that the table gives them.

Both rest until a table is loaded (`load_taxonomy FILE`): the short list that ships with the
portal cannot tell a wrong code from one it does not hold.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from records.rules.base import Facts
from records.rules.findings import Findings
from records.schemas import Practitioner, Specialty

_CODE: Final = re.compile(r"[0-9]{3}[0-9A-Z]{6}X", re.ASCII)
_LETTER_O: Final = str.maketrans("O", "0")
_NOT_ALNUM: Final = re.compile(r"[\W_]+")


class Names:
    """Display names of a taxonomy → their codes, whatever their case and punctuation."""

    def __init__(self, taxonomy: Mapping[str, str]) -> None:
        self._codes: dict[str, str] = {}
        for code, name in taxonomy.items():
            word = _squash(name)
            self._codes.setdefault(word, code)
            # People leave out what every name of a doctor's specialty ends with.
            self._codes.setdefault(word.removesuffix("physician"), code)

    def code_of(self, text: str | None) -> str | None:
        """The code of this display name, or None."""
        word = _squash(text or "")
        return self._codes.get(word) if word else None


def judge(config: Practitioner, found: Findings, facts: Facts) -> None:
    """Codes that the taxonomy does not have, and names that are not their codes'."""
    if facts.taxonomy is None:
        return
    for index, each in enumerate(config["specialties"] or ()):
        if not each["code"]:
            continue
        name = facts.taxonomy.get(each["code"])
        if name is None:
            _refuse_code(index, each, found, facts.taxonomy)
        elif each["name"] and each["name"] != name and _squash(each["name"]) != _squash(name):
            _doubt_name(index, each["name"], name, found)


def _refuse_code(
    index: int, given: Specialty, found: Findings, taxonomy: Mapping[str, str]
) -> None:
    message = "This is no code of the provider taxonomy that is loaded."
    if not _CODE.fullmatch(given["code"] or ""):
        message += " A code has 10 characters, such as 207Q00000X."
    suggestion = _spelt_otherwise(given["code"] or "", taxonomy)
    if suggestion is None:
        names = found.guesses.once(Names, taxonomy)
        suggestion = names.code_of(given["code"]) or names.code_of(given["name"])
    pointer = f"/config/specialties/{index}/code"
    found.add(pointer, "specialty.code", message, given["code"], suggestion)


def _spelt_otherwise(given: str, taxonomy: Mapping[str, str]) -> str | None:
    """The code without blanks, in capitals, with noughts for the letter O."""
    text = given.strip().upper()
    return next((word for word in (text, text.translate(_LETTER_O)) if word in taxonomy), None)


def _doubt_name(index: int, given: str, name: str, found: Findings) -> None:
    message = f"The taxonomy calls this code {name}."
    found.add(f"/config/specialties/{index}/name", "specialty.name", message, given, name)


def _squash(text: str) -> str:
    """The letters and digits alone, case forgotten."""
    return _NOT_ALNUM.sub("", text.casefold())
