"""What the group fix must know of a kind of row, and which kinds there are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.db import transaction

from portal.groupfix.correcting import put
from portal.intake.issues import Issue
from portal.models import FixedRow

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ref:
    """A row as somebody saw it: its id and its version at that moment."""

    id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class Held:
    """A row under the hand of a group fix.

    `stands` is what it says now, `errors` its faults as Issue details (pointer, code, value,
    suggestion). `stays` says in words why it cannot be fixed now; empty when it can.
    """

    ref: Ref
    row: Any
    stands: Any
    errors: Sequence[dict[str, Any]] = ()
    stays: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one corrected row.

    With `errors` it stays as it was. `became` is the id of what was made of it (36 characters at
    most), `version` the row's own version from now on, `before` what an undo needs besides.
    """

    became: str = ""
    version: int = 0
    before: dict[str, Any] = field(default_factory=dict)
    errors: list[Issue] = field(default_factory=list)


Corrections = Sequence[tuple[Held, Any]]
"""Rows, each with what it would say after the correction."""


class GroupKind(ABC):
    """One kind of row, such as the rejected rows of one app.

    `name` is stored with each fix. Everything but `hold(lock=False)` and `check` runs inside the
    transaction of the verb that calls it.
    """

    name: ClassVar[str]

    @abstractmethod
    def hold(self, refs: Sequence[Ref], *, lock: bool) -> list[Held]:
        """The rows that still exist, in the order of their ids, with why one cannot be fixed.

        With `lock` they are held until the transaction ends. One that is no longer at its
        version must say so in `stays`.
        """

    @abstractmethod
    def check(self, rows: Corrections) -> list[list[Issue]]:
        """The errors that would remain in each row; nothing is written."""

    @abstractmethod
    def apply(self, rows: Corrections, *, actor: str) -> list[Applied]:
        """Fix the held rows, each at its own place; rows that remain wrong are left alone."""

    @abstractmethod
    def undo(self, rows: Sequence[FixedRow], *, actor: str) -> dict[UUID, str]:
        """Make the rows what they were. Returns why in words, by row id, for those that stay."""

    def put(self, row: Any, error: dict[str, Any], wanted: Any) -> Any:
        """Put a wanted value where this error is (`correcting.put`)."""
        return put(row, error, wanted)

    def in_transaction(self, store: Callable[[], T]) -> T:
        """Do this in one transaction; kinds whose rows lose races do it again."""
        with transaction.atomic():
            return store()


_KINDS: dict[str, GroupKind] = {}


def register(kind: GroupKind) -> None:
    """Let rows of this kind be fixed by groups. Called from an app's ready()."""
    _KINDS[kind.name] = kind


def kind_of(name: str) -> GroupKind:
    """The kind of this name. Raises KeyError when no app has registered it."""
    return _KINDS[name]
