"""Rejected rows of any app: held, accepted by the app at their own lines, and opened again."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import F, QuerySet

from portal.groupfix.clusters import MOST_ROWS
from portal.groupfix.kinds import Applied, Corrections, GroupKind, Held, Ref
from portal.intake.rejected import mark_accepted
from portal.models import FixedRow, RejectedRow, RowState, Submission

SETTLED = "somebody has seen to it meanwhile"
CHANGED = "somebody has changed it meanwhile"


def open_refs(rows: QuerySet[RejectedRow]) -> list[Ref]:
    """The open ones of these rows as they are now, in the rows' order, MOST_ROWS at most."""
    found = rows.filter(state=RowState.OPEN).values_list("pk", "version")[:MOST_ROWS]
    return [Ref(pk, version) for pk, version in found]


class RejectedRows(GroupKind):
    """The rejected rows of submissions of one kind. An app says how they are accepted."""

    submission_kind: ClassVar[str]

    @abstractmethod
    def accept(self, rows: Corrections, *, actor: str) -> list[Applied]:
        """Make what the rows say, each at its own line of its submission.

        The rows' `row.submission` is loaded with team and clinic, and locked. Only `became` and
        `errors` are asked of the answers; the rejected rows themselves are settled here.
        """

    @abstractmethod
    def take_back(self, made: Sequence[tuple[RejectedRow, str]], *, actor: str) -> dict[str, str]:
        """Unmake what was made of these rows. Returns why in words, by its id, for what stays."""

    def hold(self, refs: Sequence[Ref], *, lock: bool) -> list[Held]:
        """The rows with their errors."""
        versions = {ref.id: ref.version for ref in refs}
        found = self._load(versions, lock=lock)
        return [
            Held(_ref(row, versions), row, row.raw, row.errors, _stays(row, versions))
            for row in found
        ]

    def apply(self, rows: Corrections, *, actor: str) -> list[Applied]:
        """Accept them, and settle those that were."""
        answers = self.accept(rows, actor=actor)
        settled = [
            (held.row, answer)
            for (held, _), answer in zip(rows, answers, strict=True)
            if not answer.errors
        ]
        mark_accepted([(row, answer.became) for row, answer in settled])
        _count(Counter(row.submission_id for row, _ in settled), sign=1)
        return [
            answer if answer.errors else Applied(answer.became, held.ref.version + 1)
            for (held, _), answer in zip(rows, answers, strict=True)
        ]

    def undo(self, rows: Sequence[FixedRow], *, actor: str) -> dict[UUID, str]:
        """Take back what was made of them, and open them as they were."""
        fixed = {each.row_id: each for each in rows}
        held = self._load(fixed, lock=True)
        left = dict.fromkeys(fixed.keys() - {row.pk for row in held}, SETTLED)
        left |= {row.pk: SETTLED for row in held if not _is_as_left(row, fixed[row.pk])}
        mine = [(row, row.accepted_as) for row in held if row.pk not in left]
        kept = self.take_back(mine, actor=actor)
        left |= {row.pk: kept[became] for row, became in mine if became in kept}
        opened = [row for row, _ in mine if row.pk not in left]
        RejectedRow.objects.with_ids([row.pk for row in opened]).reopen()
        _count(Counter(row.submission_id for row in opened), sign=-1)
        return left

    def _load(self, ids: Iterable[UUID], *, lock: bool) -> list[RejectedRow]:
        """The rows with their submissions; first the rows are locked, then their submissions."""
        rows = RejectedRow.objects.with_ids(list(ids)).order_by("pk")
        found = list(rows.select_for_update(of=("self",)) if lock else rows)
        submissions = Submission.objects.filter(
            pk__in={row.submission_id for row in found}, kind=self.submission_kind
        )
        submissions = submissions.select_related("team", "clinic").order_by("pk")
        if lock:
            submissions = submissions.select_for_update(of=("self",))
        known = {each.pk: each for each in submissions}
        for row in found:
            if row.submission_id in known:
                row.submission = known[row.submission_id]
        return [row for row in found if row.submission_id in known]


def _ref(row: RejectedRow, versions: dict[UUID, int]) -> Ref:
    return Ref(row.pk, versions[row.pk])


def _stays(row: RejectedRow, versions: dict[UUID, int]) -> str:
    if row.state != RowState.OPEN:
        return SETTLED
    return "" if row.version == versions[row.pk] else CHANGED


def _is_as_left(row: RejectedRow, fixed: FixedRow) -> bool:
    """Whether nobody has touched the row since the fix."""
    is_accepted = row.state == RowState.ACCEPTED and row.accepted_as == fixed.became
    return is_accepted and row.version == fixed.version


def _count(rows: Counter[Any], *, sign: int) -> None:
    """Move rows from the rejected to the accepted of their submissions, or back."""
    for submission_id, count in sorted(rows.items()):
        moved = sign * count
        Submission.objects.filter(pk=submission_id).update(
            accepted_rows=F("accepted_rows") + moved, rejected_rows=F("rejected_rows") - moved
        )
