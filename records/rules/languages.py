"""`language.tag`: BCP 47 (RFC 5646) tags. A language's name gets its tag suggested.

The shape is checked, and that a two-letter language is one of ISO 639-1. The thousands of
three-letter ones are taken as they come, except those that have a two-letter twin.
"""

from __future__ import annotations

import re
from typing import Final

from portal.intake.spelling import Speller
from records.data.languages import LANGUAGES, NO_LANGUAGES, SHORTER
from records.rules.base import Facts
from records.rules.findings import Findings
from records.schemas import Practitioner

_TAG: Final = re.compile(
    r"(?P<language>[a-z]{2,3})(?:-[a-z]{3}){0,3}"
    r"(?:-(?P<script>[a-z]{4}))?"
    r"(?:-(?P<region>[a-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*"
    r"(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*"
    r"(?:-x(?:-[a-z0-9]{1,8})+)?",
    re.IGNORECASE | re.ASCII,
)
_PRIVATE: Final = re.compile(r"x(?:-[a-z0-9]{1,8})+", re.IGNORECASE | re.ASCII)
_SEVERAL: Final = re.compile(r"[,;|/&+\n]|\band\b", re.IGNORECASE)
_NAMES: Final = Speller({code: each.names for code, each in LANGUAGES.items()})

SEVERAL: Final = "Write each language as an entry of its own."
NO_TAG: Final = "A language is a tag such as en, ar or pt-BR."


def is_tag(text: str) -> bool:
    """Whether this is a BCP 47 tag, as far as that can be told without the registry of tags."""
    match = _TAG.fullmatch(text)
    if match is None:
        return _PRIVATE.fullmatch(text) is not None
    language = match["language"].lower()
    return language in LANGUAGES if len(language) == 2 else language not in SHORTER


def judge(config: Practitioner, found: Findings, facts: Facts) -> None:
    """Entries that are no language tags."""
    for index, text in enumerate(config["languages"] or ()):
        if text not in LANGUAGES and not is_tag(text):
            _refuse(index, text, found)


def _refuse(index: int, text: str, found: Findings) -> None:
    several = _SEVERAL.search(text) is not None
    suggestion = None if several else _meant(text, found)
    message = SEVERAL if several else NO_TAG
    found.add(f"/config/languages/{index}", "language.tag", message, text, suggestion)


def _meant(text: str, found: Findings) -> str | None:
    """The tag that was probably meant: `en_US`, `eng`, `jp`, `English`, `Englisch`."""
    word = text.strip().replace("_", "-")
    if word != text and is_tag(word):
        return word
    language, dash, rest = word.lower().partition("-")
    shorter = SHORTER.get(language) or NO_LANGUAGES.get(language)
    if shorter:
        tag = f"{shorter}{dash}{rest.upper() if len(rest) == 2 else rest}"
        return tag if is_tag(tag) else None
    name = word.partition("(")[0]
    return found.guesses.suggest(_NAMES, name)
