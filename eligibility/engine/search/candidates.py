"""Whom a search asks, in which order, and whom it leaves out and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from pydantic import ValidationError

from eligibility import registry
from eligibility.code_faults import of_requirements
from eligibility.engine.routes import Routes
from eligibility.engine.search import directory, paths
from eligibility.models import Connection, EligibilityTask, Payer
from eligibility.payer_rules import PayerRules
from eligibility.question import row_of
from eligibility.schemas import Row

NO_CONNECTION = "The clinic has no connection to this payer."
UNREADABLE = "The row cannot be read."
SWITCHED_OFF = "This payer is switched off."


@dataclass(frozen=True, slots=True)
class Path:
    """One payer of one search; `why` says why it is not asked, and is empty when it is."""

    search: UUID
    payer_id: int
    line: int
    connection_id: int | None = None
    why: str = ""


@dataclass(slots=True)
class Planner:
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

    def plan(self, search: EligibilityTask) -> list[Path]:
        """The paths of one search: whom to ask, best first, then whom not to, and why."""
        found = self.hints.get(key_of(search), [])
        if search.test_mode or search.details.get("force"):
            found = []
        hinted = [hint.payer_id for hint in found]
        members = directory.members_by_payer(search.team_id)
        row = _row_of(search)
        rules = self.rules.rules.find(search.payer.code)
        asked = search.payer.members if rules is None else rules.members
        judged = [self._judge(search, row, code) for code in asked]
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
            Path(path.search, path.payer_id, line, path.connection_id, path.why)
            for line, path in enumerate(in_order, first)
        ]

    def _judge(self, search: EligibilityTask, row: Row | None, code: str) -> Path | None:
        """Whether this payer can be asked, and over which connection; None if it is unknown."""
        payer_id = self.payer_ids.get(code)
        if payer_id is None:
            return None
        routes = self.routes[search.team_id]
        lane = routes.find(payer_id, is_search=False, test_mode=search.test_mode)
        why = self._why_not(row, code) or ("" if lane is not None else NO_CONNECTION)
        return Path(search.pk, payer_id, 0, None if why else lane, why)

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
