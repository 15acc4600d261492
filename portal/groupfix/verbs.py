"""Try one correction on many rows, give it to them, and take it back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils import timezone

from portal import audit, objectid
from portal.groupfix.correcting import Correction, corrected
from portal.groupfix.kinds import Applied, GroupKind, Held, Ref, kind_of
from portal.intake.insert import insert_rows
from portal.intake.issues import Issue
from portal.intake.rejected import cause_of
from portal.models import FixedRow, GroupFix, Team, Verb

GONE = "it is no longer there"
NOTHING_TO_CORRECT = "there is nothing to correct in it"
UNDONE_ALREADY = "This correction has been taken back already."
_COLUMNS = ("fix_id", "row_id", "version", "became", "before")


@dataclass(slots=True)
class Preview:
    """What a correction would do now: how many rows it would put right; how many stay, and why."""

    fixed: int = 0
    stayed: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Applying:
    """What a correction did. `fix` is None when no row could be fixed: nothing was written."""

    fix: GroupFix | None
    fixed: int
    stayed: Counter[str]


@dataclass(slots=True)
class Undone:
    """How many rows are again as they were; how many are not, and why."""

    undone: int
    stayed: Counter[str]


def preview_group_fix(*, kind: str, rows: Sequence[Ref], correction: Correction) -> Preview:
    """What `apply_group_fix` would do now, with nothing done."""
    handler, preview = kind_of(kind), Preview()
    ready, preview.stayed = _sort_out(handler, handler.hold(rows, lock=False), rows, correction)
    for errors in handler.check(ready):
        if errors:
            preview.stayed[_why(errors)] += 1
        else:
            preview.fixed += 1
    return preview


def apply_group_fix(
    *, team: Team, kind: str, rows: Sequence[Ref], correction: Correction, actor: str
) -> Applying:
    """Correct every row at its own place, all that can be in one transaction.

    A row that remains wrong, that somebody has changed since it was looked at, or that is gone
    stays as it is and is counted with the reason. Writes one audit event with the counts.
    """
    handler = kind_of(kind)
    return handler.in_transaction(lambda: _apply(handler, team, rows, correction, actor))


def _apply(
    handler: GroupKind, team: Team, rows: Sequence[Ref], correction: Correction, actor: str
) -> Applying:
    ready, stayed = _sort_out(handler, handler.hold(rows, lock=True), rows, correction)
    answers = handler.apply(ready, actor=actor)
    for answer in answers:
        if answer.errors:
            stayed[_why(answer.errors)] += 1
    done = [
        (held, answer)
        for (held, _), answer in zip(ready, answers, strict=True)
        if not answer.errors
    ]
    if not done:
        return Applying(None, 0, stayed)
    fix = _store(handler, team, correction, actor, done, stayed.total())
    return Applying(fix, len(done), stayed)


def _sort_out(
    handler: GroupKind, found: Sequence[Held], asked: Sequence[Ref], correction: Correction
) -> tuple[list[tuple[Held, object]], Counter[str]]:
    """The rows that can be corrected, with what they would say; and why others cannot."""
    stayed: Counter[str] = Counter()
    if gone := len(asked) - len(found):
        stayed[GONE] += gone
    ready: list[tuple[Held, object]] = []
    for held in found:
        wanted = corrected(held.stands, held.errors, correction, handler.put)
        if held.stays or wanted is held.stands:
            stayed[held.stays or NOTHING_TO_CORRECT] += 1
        else:
            ready.append((held, wanted))
    return ready, stayed


def _store(
    handler: GroupKind,
    team: Team,
    correction: Correction,
    actor: str,
    done: Sequence[tuple[Held, Applied]],
    stayed: int,
) -> GroupFix:
    """Keep what was done, for an undo, and write it into the audit log."""
    cause = cause_of([Issue(correction.pattern, correction.code, "")])
    fix = GroupFix.objects.create(
        id=objectid.new_uuid(),
        team=team,
        kind=handler.name,
        cause=cause,
        fixed=len(done),
        stayed=stayed,
        made_by=actor,
    )
    insert_rows(
        FixedRow,
        _COLUMNS,
        (
            (fix.pk, held.ref.id, answer.version, answer.became, answer.before)
            for held, answer in done
        ),
    )
    details = {"kind": handler.name, "cause": cause, "rows": len(done), "stayed": stayed}
    audit.record(verb=Verb.FIXED, actor=actor, obj=fix, details=details)
    return fix


def undo_group_fix(*, fix: GroupFix, actor: str) -> Undone:
    """Make the rows of a fix what they were, as far as nothing has happened to them since.

    Can be done once; rows that cannot be taken back stay as they are, with the reason. Writes
    one audit event with the counts.
    """
    handler = kind_of(fix.kind)
    return handler.in_transaction(lambda: _undo(handler, fix, actor))


def _undo(handler: GroupKind, fix: GroupFix, actor: str) -> Undone:
    now = timezone.now()
    if not GroupFix.objects.filter(pk=fix.pk, undone_at=None).update(undone_at=now):
        return Undone(0, Counter({UNDONE_ALREADY: 1}))
    rows = list(FixedRow.objects.filter(fix=fix).order_by("row_id"))
    left = handler.undo(rows, actor=actor)
    stayed = Counter(left.values())
    undone = len(rows) - stayed.total()
    details = {"kind": fix.kind, "cause": fix.cause, "rows": undone, "stayed": stayed.total()}
    audit.record(verb=Verb.UNDONE, actor=actor, obj=fix, details=details)
    return Undone(undone, stayed)


def _why(errors: Sequence[Issue]) -> str:
    return errors[0].message
