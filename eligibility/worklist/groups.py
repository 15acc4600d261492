"""Rows with the same payer and the same cause are one piece of work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from eligibility.choices import Actor, Failure, Outcome
from eligibility.presentation.failures import CONTRADICTED, Explanation, explain
from eligibility.presentation.rejections import explain_rejection

UNKNOWN_PAYER = "Payer not known"
"""What rejected rows are listed under that name no payer of the registry."""

_FIRST_TO_ACT = (Actor.CLINIC, Actor.ADMIN, Actor.NOBODY, Actor.ENGINEERING)


class Kind(StrEnum):
    """What kind of rows a group has."""

    FAILED = "failed"
    ANSWER = "answer"
    REJECTED = "rejected"


_KINDS = frozenset(kind.value for kind in Kind)


@dataclass(frozen=True, slots=True)
class GroupKey:
    """One group: `payer` is its code (empty: a rejected row names none that is known).

    `cause` is a failure class, a doubtful outcome, or the cause of a rejected row.
    """

    kind: Kind
    payer: str
    cause: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.payer}:{self.cause}"

    @classmethod
    def parse(cls, text: str) -> GroupKey | None:
        """The group that an address names; None for text that names none."""
        kind, _, rest = text.partition(":")
        payer, separator, cause = rest.rpartition(":")
        causes = {Kind.FAILED.value: Failure.values, Kind.ANSWER.value: Outcome.values}
        if not separator or "\0" in text or len(text) > 200 or kind not in _KINDS:
            return None
        if kind in causes and cause not in causes[kind]:
            return None
        return cls(Kind(kind), payer, cause)

    def explain(self) -> Explanation:
        """The cause in plain words, and what to do about it."""
        if self.kind is Kind.REJECTED:
            return explain_rejection(self.cause)
        is_failed = self.kind is Kind.FAILED
        found = explain(failure=self.cause) if is_failed else explain(outcome=self.cause)
        # A plain yes is on the worklist only when the payer has said no since.
        return found or CONTRADICTED


@dataclass(frozen=True, slots=True)
class Group:
    """How many rows a group has, and when the oldest of them came in."""

    key: GroupKey
    payer_name: str
    count: int
    oldest: datetime

    @property
    def explanation(self) -> Explanation:
        """The cause in plain words, and what to do about it."""
        return self.key.explain()


class Tally:
    """Groups while they are being counted; the same one may be added to more than once."""

    def __init__(self, payer_names: Mapping[str, str]) -> None:
        self._names = payer_names
        self._found: dict[GroupKey, tuple[int, datetime]] = {}

    def add(self, key: GroupKey, count: int, oldest: datetime) -> None:
        """So many rows more, the oldest of them from then."""
        before, since = self._found.get(key, (0, oldest))
        self._found[key] = (before + count, min(since, oldest))

    def groups(self) -> list[Group]:
        """What was counted, with the payers' names."""
        return [Group(key, self._name(key.payer), *each) for key, each in self._found.items()]

    def _name(self, code: str) -> str:
        return self._names.get(code, code) if code else UNKNOWN_PAYER


def in_order_of_work(groups: Iterable[Group]) -> list[Group]:
    """What the clinic itself can do first, then the biggest groups."""
    return sorted(
        groups,
        key=lambda group: (
            _FIRST_TO_ACT.index(group.explanation.actor),
            -group.count,
            group.key.payer,
            group.key.cause,
        ),
    )
