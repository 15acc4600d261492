"""A submission and its rejected rows, as our own endpoints show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eligibility.wire.results import moment

if TYPE_CHECKING:
    from portal.models import RejectedRow, Submission


def submission(found: Submission, *, open_rows: int) -> dict[str, Any]:
    """One bulk request or file as received. `open_rows` are the rejected rows not settled yet."""
    return {
        "submission_id": str(found.pk),
        "source": found.source,
        "created_at": moment(found.created_at),
        "total_rows": found.total_rows,
        "accepted_rows": found.accepted_rows,
        "rejected_rows": found.rejected_rows,
        "open_rows": open_rows,
    }


def rejected(row: RejectedRow) -> dict[str, Any]:
    """One rejected row at its line, as it came, with its errors; `version` is for `If-Match`."""
    return {
        "line": row.line,
        "state": row.state,
        "row": row.raw,
        "errors": row.errors,
        "task_id": row.accepted_as or None,
        "version": row.version,
    }
