"""Failed rows of records: kept to be fixed, and closed when their record comes again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from portal.intake.issues import ROLLED_BACK
from portal.intake.rejected import store_rejected
from portal.models import RejectedRow, Submission
from records.operations.answers import Disposition, Entry, Intake, Key, key_of, raw_key
from records.rules import Checked
from records.schemas import CONFIG_TYPES

KIND = "records.practitioners"
"""What submissions of records are called."""

_REFERENCE_LENGTH = 200


def mark_rolled_back(entries: Sequence[Entry]) -> None:
    """Let the good rows fail with the others: all or none were asked for."""
    for entry in entries:
        if entry.disposition is not Disposition.FAILED:
            entry.disposition, entry.errors = Disposition.FAILED, [ROLLED_BACK]
            entry.stored = entry.before = None


def file_failed(intake: Intake, entries: Sequence[Entry], submission: Submission) -> None:
    """Keep the failed rows, and close those of earlier submissions that come again.

    A REST request that made nothing keeps none: the caller has them.
    """
    failed = [entry for entry in entries if entry.disposition is Disposition.FAILED]
    is_kept = len(failed) < len(entries) or intake.source != Submission.Source.API
    kept = failed if is_kept else []
    close_replaced(intake, [*kept, *_good(entries)], submission)
    if kept:
        rows = [
            (intake.line_of(each.index), each.checked.raw, each.errors, topic_of(each.checked))
            for each in kept
        ]
        store_rejected(submission, rows, reference=reference_of)


def _good(entries: Sequence[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.disposition is not Disposition.FAILED]


def close_replaced(intake: Intake, brought: Sequence[Entry], submission: Submission) -> None:
    """Close the open rows of earlier submissions whose records come again with these."""
    # Read off only when there are open rows: a request brings thousands, and seldom are there any.
    keys = (_key(entry.checked) for entry in brought)
    references = (reference for key in keys if key and (reference := _reference(key)))
    earlier = RejectedRow.objects.exclude(submission=submission)
    earlier.supersede(team=intake.team, kind=KIND, references=references)


def _key(checked: Checked) -> Key | None:
    return key_of(checked.row) if checked.row else raw_key(checked.raw)


def reference_of(raw: Any) -> str:
    """By what a later row replaces this one: "integration:logical id"; empty when it has none."""
    key = raw_key(raw)
    return _reference(key) if key else ""


def _reference(key: Key) -> str:
    reference = ":".join(key)
    return reference if len(reference) <= _REFERENCE_LENGTH else ""


def topic_of(checked: Checked) -> str:
    """What the row is about: its type when that is one of ours, never anything else it says."""
    config = checked.raw.get("config") if isinstance(checked.raw, dict) else None
    kind = config.get("type") if isinstance(config, dict) else None
    return kind if isinstance(kind, str) and kind in CONFIG_TYPES else ""
