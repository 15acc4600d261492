"""`status.enum`: the states that a record may have, by default `active` and `inactive`."""

from __future__ import annotations

from functools import cache
from typing import Final

from portal.intake.spelling import Speller
from records.rules.base import Facts
from records.rules.findings import Findings
from records.schemas import Practitioner

_WORDS: Final = {
    "active": ("enabled", "current", "true", "yes", "a"),
    "inactive": ("disabled", "deactivated", "retired", "left", "false", "no", "i", "not active"),
}


@cache
def _speller(statuses: tuple[str, ...]) -> Speller:
    return Speller({word: _WORDS.get(word, ()) for word in statuses})


def judge(config: Practitioner, found: Findings, facts: Facts) -> None:
    """A status that is not on the list. Null or absent is no status, and none is needed."""
    status = config["status"]
    if status is None or status in facts.statuses:
        return
    message = f"A status is {' or '.join(facts.statuses)}; leave it out if there is none."
    suggestion = found.guesses.suggest(_speller(facts.statuses), status)
    found.add("/config/status", "status.enum", message, status, suggestion)
