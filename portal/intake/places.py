"""How far a file has come in, whatever its rows are: the steps that two imports of it meet at."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, BinaryIO, Final

from django.db.models import F
from django.utils import timezone

from portal.intake.issues import Issue
from portal.models import FileImport, RejectedRow, Submission

SAME_FILE_WINDOW: Final = timedelta(hours=24)
"""How long the same file counts as the one that came in before."""
_ISSUE: Final = ("pointer", "code", "message", "value", "suggestion")
_BLOCK: Final = 1 << 20


class Overtaken(Exception):
    """Somebody else brings in the same file at this moment, and is further on."""


@dataclass(slots=True)
class Place:
    """How far a file has come in: its submission and the first line that is not in yet.

    `seen` is an import of the same file that is known and was decided to be left behind.
    """

    submission: Submission | None = None
    next_line: int = 0
    seen: FileImport | None = None


def digest_of(file: BinaryIO) -> str:
    """What names a file's content."""
    digest = hashlib.sha256()
    file.seek(0)
    while block := file.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


def find_earlier(fingerprint: str) -> FileImport | None:
    """The same file's import of the last 24 hours: one that has broken off, or else a whole one.

    A broken-off one that is older is given up: its rows have long been answered.
    """
    since = timezone.now() - SAME_FILE_WINDOW
    same = FileImport.objects.filter(fingerprint=fingerprint)
    same.filter(finished_at=None, updated_at__lt=since).update(finished_at=F("updated_at"))
    recent = same.filter(updated_at__gte=since).select_related("submission")
    return recent.order_by(F("finished_at").desc(nulls_first=True)).first()


def open_errors(submission: Submission) -> dict[int, list[Issue]]:
    """The errors of the file's rows that are still open, by line."""
    rows = RejectedRow.objects.open().filter(submission=submission)
    return {
        line: [Issue(*(error[name] for name in _ISSUE)) for error in errors]
        for line, errors in rows.values_list("line", "errors")
    }


def step(
    place: Place,
    file: FileImport,
    *,
    submission: Submission,
    next_line: int,
    counts: dict[str, Any],
    refuse_second: Callable[[], None],
) -> None:
    """Move the file's place on to `next_line`, if it is where we think.

    Whoever brings in the same file at this moment waits for it (and see `hold`).
    `file` is the row to begin with at the first step; `refuse_second` is called before that, takes
    a lock and raises Overtaken (`raise_if_begun`) when somebody has begun the same file. Raises
    Overtaken when a later step was made by another.
    """
    if place.submission is None:
        refuse_second()
        file.pk = submission.pk
        file.next_line, file.counts = next_line, counts
        file.save(force_insert=True)
        return
    mine = FileImport.objects.filter(pk=submission.pk, next_line=place.next_line, finished_at=None)
    if not mine.update(next_line=next_line, counts=counts, updated_at=timezone.now()):
        raise Overtaken


def hold(place: Place) -> None:
    """Keep the file's place until the transaction ends: whoever brings in the same file waits.

    Comes first in a chunk's transaction, so that no row is stored that another has brought in.
    Raises Overtaken when a later step was made by another. A file that has not begun has no place.
    """
    if place.submission is None:
        return
    mine = FileImport.objects.filter(
        pk=place.submission.pk, next_line=place.next_line, finished_at=None
    )
    if mine.select_for_update(no_key=True).first() is None:
        raise Overtaken


def raise_if_begun(place: Place, file: FileImport) -> None:
    """Raise Overtaken when somebody has begun the same file since we looked."""
    if find_earlier(file.fingerprint) != place.seen:
        raise Overtaken


def count_rows(submission: Submission, *, accepted: int, rejected: int) -> None:
    """Add one chunk's rows to what the submission counts."""
    Submission.objects.filter(pk=submission.pk).update(
        total_rows=F("total_rows") + accepted + rejected,
        accepted_rows=F("accepted_rows") + accepted,
        rejected_rows=F("rejected_rows") + rejected,
    )


def finish(place: Place) -> None:
    """All rows of the file are in."""
    if place.submission is not None:
        FileImport.objects.filter(pk=place.submission.pk, finished_at=None).update(
            finished_at=timezone.now()
        )
