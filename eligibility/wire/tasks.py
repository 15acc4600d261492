"""A task as our own endpoints show it: the contract's row, and what staff see beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eligibility.wire.results import ROW_FIELDS, moment, row

if TYPE_CHECKING:
    from eligibility.models import EligibilityTask

TASK_RELATED = ("payer", "result")
"""What a task must be loaded with to be shown without a query of its own."""


def task(found: EligibilityTask) -> dict[str, Any]:
    """A task of the lists, and of the answer to a verb. `version` is its ETag's number.

    `work`, `outcome`, `failure` and `review` are the four questions kept apart, in our words.
    """
    return {
        **row(_values(found)),
        "tpa_name": found.payer.code,
        "visit_type": found.visit_type or None,
        "service_date": found.service_date.isoformat() if found.service_date else None,
        "client_reference": found.client_reference or None,
        "batch_id": str(found.batch_id) if found.batch_id else None,
        "test_mode": found.test_mode,
        "work": found.status,
        "outcome": found.outcome or None,
        "failure": found.failure or None,
        "review": found.review,
        "warnings": found.warnings,
        "not_before": moment(found.not_before),
        "finished_at": moment(found.finished_at),
        "version": found.version,
    }


def _values(found: EligibilityTask) -> Mapping[str, Any]:
    """The task in the shape of a `values()` row, as `row` reads it."""
    values: dict[str, Any] = {}
    for name in ROW_FIELDS:
        value: Any = found
        for part in name.split("__"):
            value = None if value is None else getattr(value, part)
        values[name] = value
    return values


def task_etag(found: EligibilityTask) -> str:
    """The task's version as an ETag."""
    return f'"{found.version}"'
