"""Begin the searches that are due: one row for each payer that may have the member, best first.

Whoever cannot be asked gets a row too, skipped from the start with the reason in words, so that
every payer of a search is reported. A thousand searches of twenty payers are a few statements.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now
from pydantic import ValidationError

from eligibility import registry
from eligibility.choices import IN_LINE, Status
from eligibility.code_faults import of_requirements
from eligibility.engine import clock, directory, paths
from eligibility.engine.routes import Routes
from eligibility.engine.rows import TASK, add_events, among, database_uuid, many_uuids
from eligibility.engine.sweep import LOOK_EVERY
from eligibility.models import Connection, EligibilityTask, Payer
from eligibility.payer_rules import PayerRules
from eligibility.question import row_of
from eligibility.schemas import Row
from portal import objectid

NO_CONNECTION = "The clinic has no connection to this payer."
UNREADABLE = "The row cannot be read."
SWITCHED_OFF = "This payer is switched off."
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
    while True:
        with transaction.atomic():
            due = _lock_due()
            if due:
                _start(due)
        total += len(due)
        if len(due) < _AT_ONCE:
            return total


def _lock_due() -> list[EligibilityTask]:
    due = EligibilityTask.objects.filter(
        connection=None,
        is_search=True,
        status__in=IN_LINE,  # the index's own words
        run_at__lte=Now(),
    ).filter(status=Status.PENDING)
    due = due.select_related("payer", "team").order_by("priority", "run_at", "pk")
    return list(due.select_for_update(skip_locked=True, of=("self",), no_key=True)[:_AT_ONCE])


@dataclass(frozen=True, slots=True)
class _Path:
    """One payer of one search; `why` says why it is not asked, and is empty when it is."""

    search: UUID
    payer_id: int
    line: int
    connection_id: int | None = None
    why: str = ""


def _start(searches: Sequence[EligibilityTask]) -> None:
    planner = _Planner(searches)
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


@dataclass(slots=True)
class _Planner:
    """Who is asked for each of some searches, and in what order; read once for all of them."""

    searches: Sequence[EligibilityTask]
    rules: registry.LoadedRegistry = field(init=False)
    payer_ids: dict[str, int] = field(init=False)
    routes: dict[str, Routes] = field(init=False)
    hints: Mapping[directory.Key, list[directory.Hint]] = field(init=False)

    def __post_init__(self) -> None:
        self.rules = registry.load()
        self.payer_ids = dict(Payer.objects.values_list("code", "pk"))
        self.routes = _routes(self.searches)
        self.hints = directory.hints([key_of(search) for search in self.searches])

    def plan(self, search: EligibilityTask) -> list[_Path]:
        """The paths of one search: whom to ask, best first, then whom not to, and why."""
        found = self.hints.get(key_of(search), [])
        if search.test_mode or search.details.get("force"):
            found = []
        hinted = [hint.payer_id for hint in found]
        members = directory.members_by_payer(search.team_id)
        row = _row_of(search)
        judged = [self._judge(search, row, code) for code in search.payer.members]
        known = [path for path in judged if path is not None]
        best = sorted(
            (path for path in known if not path.why),
            key=lambda path: (
                hinted.index(path.payer_id) if path.payer_id in hinted else len(hinted),
                -members.get(path.payer_id, 0),
            ),
        )
        alone = directory.known_payer(found)
        first = paths.FIRST_ALONE if best and best[0].payer_id == alone else paths.FIRST_ALONE + 1
        in_order = best + [path for path in known if path.why]
        return [
            _Path(path.search, path.payer_id, line, path.connection_id, path.why)
            for line, path in enumerate(in_order, first)
        ]

    def _judge(self, search: EligibilityTask, row: Row | None, code: str) -> _Path | None:
        """Whether this payer can be asked, and over which connection; None if it is unknown."""
        payer_id = self.payer_ids.get(code)
        if payer_id is None:
            return None
        routes = self.routes[search.team_id]
        lane = routes.find(payer_id, is_search=False, test_mode=search.test_mode)
        why = self._why_not(row, code) or ("" if lane is not None else NO_CONNECTION)
        return _Path(search.pk, payer_id, 0, None if why else lane, why)

    def _why_not(self, row: Row | None, code: str) -> str:
        if row is None:
            return UNREADABLE
        rules = self.rules.rules.find(code)
        return SWITCHED_OFF if rules is None else why_not(rules, row)


def _row_of(search: EligibilityTask) -> Row | None:
    """The question as a row; None when it cannot be read, which must not stop other searches."""
    try:
        return Row.model_validate(row_of(search))
    except ValidationError:
        return None


def why_not(payer: PayerRules, row: Row) -> str:
    """Why this payer cannot be asked what the row asks, in words; empty when it can."""
    if row.id_type not in payer.id_types:
        return f"{payer.code} does not take {row.id_type}."
    if not payer.takes_visit_type(row.visit_type):
        return f"{payer.code} does not take {row.visit_type or 'a row without a visit type'}."
    missing = of_requirements(payer.required_for(row.id_type, row.visit_type), payer, row)
    return missing[0].message if missing else ""


def key_of(search: EligibilityTask) -> directory.Key:
    """The member that a search is about, as the directory knows members."""
    return (search.team_id, search.id_type, search.id_key)


def _routes(searches: Sequence[EligibilityTask]) -> dict[str, Routes]:
    """By team: which connection answers whom."""
    teams = {search.team_id: search.team for search in searches}
    lanes: dict[str, list[Connection]] = {team_id: [] for team_id in teams}
    for lane in Connection.objects.filter(team__in=teams, is_active=True):
        lanes[lane.team_id].append(lane)
    return {
        team_id: Routes(lanes[team_id], is_production=team.is_production)
        for team_id, team in teams.items()
    }


def _insert(planned: Sequence[_Path]) -> None:
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
