"""Tables of a connection: the payer's word on the left, ours on the right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field

from eligibility.choices import Failure, Outcome
from eligibility.results import Coverage, Service

LATER: Final = "later"
UNKNOWN: Final = "unknown"
_MOST_ROWS: Final = 300
_LONGEST: Final = 300
_FAILURES: Final = frozenset(Failure) - {Failure.INTERNAL}
_SAYINGS: Final = frozenset(Outcome) - {Outcome.PARTIAL}
_OTHER: Final = {LATER: "look again later", UNKNOWN: "the payer never saw the question"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a payer's word means: one of `outcome`, `failure`, later or unknown.

    `message` is the words for staff that the table gives with a failure.
    """

    word: str
    message: str = ""

    @property
    def outcome(self) -> Outcome | None:
        """The answer, when it is one."""
        return Outcome(self.word) if self.word in _SAYINGS else None

    @property
    def failure(self) -> Failure | None:
        """Why there is none, when there is none."""
        return Failure(self.word) if self.word in _FAILURES else None


def word_of(value: Any) -> str:
    """A payer's value as a table's left side has it: trimmed, in small letters."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return " ".join(str(value).split()).casefold()[:_LONGEST]
    return ""


def look_up(table: Mapping[str, str], value: Any) -> Verdict | None:
    """What the table says to a payer's value; None when it does not know it."""
    wanted = word_of(value)
    for word, meaning in table.items():
        if word_of(word) == wanted:
            ours, _, message = meaning.partition(";")
            return Verdict(ours.strip(), message.strip())
    return None


def mapped(table: Mapping[str, str], value: Any) -> str | None:
    """The right side for a payer's value; None when the table does not know it."""
    wanted = word_of(value)
    return next((ours for word, ours in table.items() if word_of(word) == wanted), None)


def _check_size(table: dict[str, str]) -> dict[str, str]:
    if len(table) > _MOST_ROWS:
        raise ValueError(f"a table has at most {_MOST_ROWS} lines")
    for word, meaning in table.items():
        if not word.strip() or len(word) > _LONGEST or len(meaning) > _LONGEST:
            raise ValueError(f"“{word[:40]}”: both sides have 1 to {_LONGEST} characters")
    same = [word_of(word) for word in table]
    if len(set(same)) < len(same):
        raise ValueError("a word stands there twice; capitals and blanks do not count")
    return table


def _check_outcomes(table: dict[str, str]) -> dict[str, str]:
    for word in table:
        verdict = look_up({word: table[word]}, word)
        assert verdict is not None
        _check_verdict(word, verdict)
        if word_of(word) == "null" and verdict.outcome is Outcome.ELIGIBLE:
            raise ValueError("no answer cannot mean eligible")
    return table


def _check_verdict(word: str, verdict: Verdict) -> None:
    if verdict.word in _SAYINGS | _FAILURES | set(_OTHER):
        return
    known = ", ".join(sorted([*_SAYINGS, *_FAILURES, *_OTHER]))
    raise ValueError(f"“{word[:40]}”: “{verdict.word[:40]}” is none of {known}")


def _check_errors(table: dict[str, str]) -> dict[str, str]:
    for word, meaning in _check_outcomes(table).items():
        if meaning.partition(";")[0].strip() == Outcome.ELIGIBLE:
            raise ValueError(f"“{word[:40]}”: an error cannot mean eligible")
    return table


def _check_statuses(table: dict[str, str]) -> dict[str, str]:
    for word in _check_errors(table):
        if not (word.isdecimal() and word.isascii() and 200 <= int(word) <= 599):
            raise ValueError(f"“{word[:40]}” is not an HTTP status from 200 to 599")
    return table


def _check_services(table: dict[str, str]) -> dict[str, str]:
    return _check_words(table, [each.value for each in Service])


def _check_coverages(table: dict[str, str]) -> dict[str, str]:
    return _check_words(table, [each.value for each in Coverage])


def _check_words(table: dict[str, str], known: list[str]) -> dict[str, str]:
    for word, ours in table.items():
        if ours not in known:
            raise ValueError(f"“{word[:40]}”: “{ours[:40]}” is none of {', '.join(known)}")
    return table


_TABLE = (AfterValidator(_check_size), Field(json_schema_extra={"kind": "table"}))
Table = Annotated[dict[str, str], *_TABLE]
OutcomeTable = Annotated[dict[str, str], *_TABLE, AfterValidator(_check_outcomes)]
ErrorTable = Annotated[dict[str, str], *_TABLE, AfterValidator(_check_errors)]
StatusTable = Annotated[dict[str, str], *_TABLE, AfterValidator(_check_statuses)]
ServiceTable = Annotated[dict[str, str], *_TABLE, AfterValidator(_check_services)]
CoverageTable = Annotated[dict[str, str], *_TABLE, AfterValidator(_check_coverages)]
