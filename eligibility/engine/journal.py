"""What a drain did, in the log: for each request that brought rows in, where these stand now.

So a request id leads from an integrator's call to the workers that asked the payers for it. The
rows themselves do not carry it: their submission does, which is asked once, after the drain.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

import structlog
from django.db.models import Count
from django.db.models.functions import Coalesce

from eligibility.models import EligibilityTask

MOST: Final = 1_000
"""Submissions that one drain writes about, those with the most rows first."""
_ABOUT: Final = ("brought_by", "asked_as", "in_batch")

log = structlog.get_logger(__name__)


def note_worked(task_ids: Collection[UUID]) -> int:
    """Write one line for each submission among these rows. Returns how many; one query.

    A line holds ids and counts alone. The path of a search stands under the search's submission.
    """
    if not task_ids or not logging.getLogger(__name__).isEnabledFor(logging.INFO):
        return 0
    counts: defaultdict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    for each in _standing(task_ids):
        about = tuple(each[name] for name in _ABOUT)
        counts[about][each["failure"] or each["status"]] += each["rows"]
    told = sorted(counts.items(), key=lambda item: -item[1].total())[:MOST]
    for (submission, request_id, batch), rows in told:
        log.info(
            "rows_worked",
            request_id=request_id or "",
            submission=str(submission or ""),
            batch=str(batch or ""),
            rows=rows.total(),
            now=dict(rows),
        )
    return len(told)


def _standing(task_ids: Collection[UUID]) -> Any:
    """Rows by submission, batch, status and failure, with their number."""
    rows = EligibilityTask.objects.with_ids(task_ids).annotate(
        brought_by=Coalesce("submission_id", "parent__submission_id"),
        asked_as=Coalesce("submission__request_id", "parent__submission__request_id"),
        in_batch=Coalesce("batch_id", "parent__batch_id"),
    )
    return rows.values(*_ABOUT, "status", "failure").annotate(rows=Count("pk")).order_by()
