"""What a drain did, in the log: for each request that brought rows in, what became of these.

So a request id leads from an integrator's call to the workers that asked the payers for it. The
rows themselves do not carry it: their submission does, which is asked once, after the drain. The
paths of a search are told under the search.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import structlog

from eligibility.choices import Status
from eligibility.engine.attempts import Finished
from eligibility.engine.claim import Claimed
from eligibility.models import EligibilityTask
from portal.models import Submission

MOST: Final = 1_000
"""Submissions that one drain writes about, those with the most rows first."""
REUSED: Final = "reused"

log = structlog.get_logger(__name__)


class Journal:
    """Keeps, by row, where a drain has brought it; a write that is repeated counts once.

    A row is told in a word: its state, or why it failed.
    """

    def __init__(self) -> None:
        self._rows: dict[UUID, tuple[UUID | None, str]] = {}

    def take(self, taken: Sequence[Claimed], asked: Sequence[Claimed]) -> None:
        """These rows were taken; those that are not asked had a fresh answer."""
        ids = {row.task_id for row in asked} if len(asked) < len(taken) else None
        for row in taken:
            word = REUSED if ids is not None and row.task_id not in ids else Status.RUNNING.value
            self._rows[row.task_id] = (row.brought_by or row.search_id, word)

    def finish(self, group: Sequence[Finished]) -> None:
        """These were written; what came too late is not counted."""
        for item in group:
            if item.is_ours:
                word = item.move.failure or item.move.status.value
                self._rows[item.row.task_id] = (item.row.brought_by or item.row.search_id, word)

    def write(self) -> int:
        """Write one line for each submission or search. Returns how many; two queries."""
        if not self._rows or not logging.getLogger(__name__).isEnabledFor(logging.INFO):
            return 0
        counts: defaultdict[UUID | None, Counter[str]] = defaultdict(Counter)
        for origin, word in self._rows.values():
            counts[origin][word] += 1
        told = sorted(counts.items(), key=lambda item: -item[1].total())[:MOST]
        origins = _origins([pk for pk, _ in told if pk is not None])
        for pk, words in told:
            log.info("rows_worked", **origins.get(pk, {}), rows=words.total(), now=dict(words))
        return len(told)


def _origins(ids: Sequence[UUID]) -> dict[UUID | None, dict[str, str]]:
    """By submission, or by search: the request that brought it, and where its rows are."""
    submissions = Submission.objects.filter(pk__in=ids)
    found: dict[UUID | None, dict[str, str]] = {
        pk: {"request_id": request_id, "submission": str(pk), "batch": str(batch or "")}
        for pk, request_id, batch in submissions.values_list("pk", "request_id", "batch__pk")
    }
    searches = EligibilityTask.objects.filter(pk__in=[pk for pk in ids if pk not in found])
    names = ("pk", "submission__request_id", "submission_id", "batch_id")
    for pk, request_id, submission, batch in searches.values_list(*names):
        found[pk] = {"request_id": request_id or "", "search": str(pk)}
        found[pk] |= {"submission": str(submission or ""), "batch": str(batch or "")}
    return found
