"""Begin the searches that are due: one row for each payer that may have the member, best first.

Whoever cannot be asked gets a row too, skipped from the start with the reason in words, so that
every payer of a search is reported. A thousand searches of twenty payers are a few statements.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from eligibility import clock
from eligibility.choices import IN_LINE, Status
from eligibility.engine.rows import TASK, add_events, among, database_uuid, many_uuids
from eligibility.engine.search import paths
from eligibility.engine.search.candidates import Path, Planner
from eligibility.engine.search.sweep import LOOK_EVERY
from eligibility.models import EligibilityTask
from portal import objectid

_AT_ONCE = 500

_COPIED = (
    "team_id", "clinic_id", "created_by", "test_mode", "id_type", "id_value", "id_key",
    "visit_type", "service_date", "name", "dob", "phone", "doctor_name", "payer_name", "details",
    "extra_args", "priority", "not_before",
)  # fmt: skip
"""What a path asks is what its search asks."""


def start_due() -> int:
    """Begin the searches whose time has come. Returns how many."""
    total = 0
    while _due().exists():  # looked at without a transaction: mostly there is none
        with transaction.atomic():
            searches = _lock_due()
            if searches:
                _start(searches)
        total += len(searches)
        if len(searches) < _AT_ONCE:
            break
    return total


def _due() -> QuerySet[EligibilityTask]:
    line = EligibilityTask.objects.filter(connection=None, run_at__lte=Now())
    in_line = line.filter(status__in=IN_LINE)  # the index's own words
    return in_line.filter(is_search=True, status=Status.PENDING)


def _lock_due() -> list[EligibilityTask]:
    due = _due().select_related("payer", "team").order_by("priority", "run_at", "pk")
    return list(due.select_for_update(skip_locked=True, of=("self",), no_key=True)[:_AT_ONCE])


def _start(searches: Sequence[EligibilityTask]) -> None:
    planner = Planner(searches)
    planned = [path for search in searches for path in planner.plan(search)]
    ids = [search.pk for search in searches]
    _begin(ids)
    _insert(planned)
    asked = dict.fromkeys(ids, 0)
    for path in planned:
        asked[path.search] += not path.why
    add_events(
        [
            (pk, Status.PENDING, Status.WAITING, "engine", _begins(many))
            for pk, many in asked.items()
        ]
    )
    paths.settle(ids)


def _begins(payers: int) -> str:
    """The event's note: how many payers may be asked."""
    if payers < 2:
        return "asks 1 payer" if payers else "asks nobody"
    return f"asks up to {payers} payers"


def _begin(ids: Sequence[UUID]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {TASK} SET status = 'waiting', search_round = search_round + 1,"
            f" run_at = {clock.now_plus('%s')}, version = version + 1,"
            f" first_claimed_at = {clock.now()}, asked_at = {clock.now()},"
            f" updated_at = {clock.now()} WHERE {among('id')}",
            [LOOK_EVERY, many_uuids(ids)],
        )


def _insert(planned: Sequence[Path]) -> None:
    """Make the paths' rows, none of them in line yet."""
    if not planned:
        return
    ids = objectid.uuid_batch(len(planned))
    names = ("id", "search", "payer", "lane", "line", "why")
    rows = [
        (database_uuid(pk), database_uuid(path.search), path.payer_id, path.connection_id,
         path.line, path.why)
        for pk, path in zip(ids, planned, strict=True)
    ]  # fmt: skip
    copied = ", ".join(_COPIED)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {TASK} (id, parent_id, search_round, payer_id, connection_id, line, status,
                failure_message, finished_at, client_reference, request_dump, warnings,
                created_at, updated_at, worker, {copied})
            SELECT v.id, p.id, p.search_round, v.payer, v.lane, v.line,
                CASE WHEN v.why = '' THEN 'pending' ELSE 'cancelled' END, v.why,
                CASE WHEN v.why <> '' THEN {clock.now()} END, '', '{{}}', '[]',
                {clock.now()}, {clock.now()}, '', {", ".join(f"p.{name}" for name in _COPIED)}
            FROM {_values(names)} v JOIN {TASK} p ON p.id = v.search
            """,
            _parameters(rows),
        )
    add_events(
        [
            (pk, Status.PENDING, Status.CANCELLED, "engine", "skipped")
            for pk, path in zip(ids, planned, strict=True)
            if path.why
        ]
    )


def _values(names: Sequence[str]) -> str:
    """Rows of parameters as a table of these columns."""
    if connection.vendor == "postgresql":
        kinds = ("uuid", "uuid", "bigint", "bigint", "int", "text")
        arrays = (f"unnest(%s::{kind}[]) AS {n}" for n, kind in zip(names, kinds, strict=True))
        return f"(SELECT {', '.join(arrays)})"
    parts = (f"json_extract(value, '$[{place}]') AS {n}" for place, n in enumerate(names))
    return f"(SELECT {', '.join(parts)} FROM json_each(%s))"


def _parameters(rows: Sequence[tuple[Any, ...]]) -> list[Any]:
    if connection.vendor == "postgresql":
        return [list(column) for column in zip(*rows, strict=True)]
    return [json.dumps(rows)]
