"""Lists of records and of what happened to one, a page at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from records.wire.records import in_order, moment, stored_record

if TYPE_CHECKING:
    from portal.api.paging import Page
    from records.models import RecordChange
    from records.operations.answers import Stored


def record_page(items: Iterable[Stored], page: Page) -> dict[str, Any]:
    """Records as a list shows them."""
    return page.envelope([stored_record(each) for each in items])


def history_page(items: Iterable[RecordChange], page: Page) -> dict[str, Any]:
    """What happened to a record, the oldest first."""
    return page.envelope([_change(each) for each in items])


def _change(change: RecordChange) -> dict[str, Any]:
    return {
        "version": change.version,
        "change": change.change,
        "before": _said(change.before),
        "after": _said(change.after),
        "by": change.actor or None,
        "source": change.source,
        "requestId": change.request_id or None,
        "at": moment(change.at),
    }


def _said(row: dict[str, Any] | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "logicalId": row["logicalId"],
        "integrationId": row["integrationId"],
        "config": in_order(row["config"]),
    }
