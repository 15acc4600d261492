"""Searches for the engine's tests, and short ways to look at what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eligibility.choices import Failure, Outcome, Status
from eligibility.connectors.base import Failed, Reply
from eligibility.engine.search import searches
from eligibility.models import Connection, EligibilityTask, Payer
from tests.eligibility.engine.helpers import answered, claim, end, make_lane, make_row

CODES = ("TPA001", "TPA002", "TPA003", "TPA004")
NO = answered(Outcome.NOT_ELIGIBLE)
YES = answered(Outcome.ELIGIBLE)
NOBODY = answered(Outcome.MEMBER_NOT_FOUND)
DOWN = Failed(Failure.CREDENTIALS, "down", "The payer refused our login.")


def make_payers(codes: Sequence[str] = CODES, **fields: Any) -> None:
    """Payers that take a card number for any visit, and a search of all of them."""
    for code in codes:
        Payer.objects.create(
            code=code, name=f"Payer {code}", kind="tpa", **{"id_types": ["CARDNUMBER"]} | fields
        )
    Payer.objects.create(
        code="BOTH", name="Unsure", kind="search", id_types=["CARDNUMBER"], members=list(codes)
    )


def make_lanes(codes: Sequence[str] = CODES) -> list[Connection]:
    """One lane for each of these payers, all of one team."""
    make_payers(codes)
    first = make_lane(code=codes[0])
    return [first, *(make_lane(first.team, code) for code in codes[1:])]


def make_search(lanes: Sequence[Connection], script: str = "", **fields: Any) -> EligibilityTask:
    """A due search of the lanes' team."""
    values = {"payer": Payer.objects.get(code="BOTH"), "connection": None, "is_search": True}
    return make_row(lanes[0], script, **values | fields)


def begun(lanes: Sequence[Connection], script: str = "", **fields: Any) -> EligibilityTask:
    """A search whose first payers are in line."""
    search = make_search(lanes, script, **fields)
    assert searches.start_due() == 1
    return search


def paths_of(search: EligibilityTask) -> list[EligibilityTask]:
    """The paths of the search's present round, in their order."""
    search.refresh_from_db()
    paths = EligibilityTask.objects.filter(parent=search, search_round=search.search_round)
    return list(paths.select_related("payer").order_by("line"))


def said(search: EligibilityTask) -> dict[str, str]:
    """By payer: the outcome or failure, what the path waits for, or why it was skipped."""
    return {
        path.payer.code: path.outcome or path.failure or path.failure_message or _place(path)
        for path in paths_of(search)
    }


def _place(path: EligibilityTask) -> str:
    if path.status == Status.PENDING:
        return "in line" if path.run_at else "later"
    return str(path.status)


def reply(**replies: Reply) -> None:
    """Claim what is due, and let each of these payers answer; the others are still asked."""
    for row in claim():
        if row.query.payer in replies:
            end(row, replies[row.query.payer])
