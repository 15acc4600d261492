"""What webhooks are told of records: that a request or a file has come in."""

from __future__ import annotations

from typing import Any

from portal.models import Submission, WebhookType
from portal.webhooks.submissions import look_for
from records.operations.refused import KIND


def look() -> int:
    """Tell of requests and files that have come in. Returns how many."""
    return look_for(KIND, WebhookType.RECORDS_BATCH_COMPLETED.value, _said)


def _said(submission: Submission) -> dict[str, Any]:
    """The submission as counts. Rows that were skipped or unchanged count as accepted."""
    return {
        "submission_id": str(submission.pk),
        "source": submission.source,
        "total_rows": submission.total_rows,
        "accepted_rows": submission.accepted_rows,
        "rejected_rows": submission.rejected_rows,
        "received_at": submission.created_at.isoformat(),
    }
