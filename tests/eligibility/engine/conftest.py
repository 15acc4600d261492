"""What holds for every test of the engine: a payer to talk to, and promises that are kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from eligibility.choices import TRANSITIONS, Status
from tests.eligibility.engine.payers import WatchedPayer, running_payer


@pytest.fixture(scope="session")
def listening_payer() -> Iterator[WatchedPayer]:
    """One synthetic payer for all tests of a process."""
    with running_payer() as payer:
        yield payer


@pytest.fixture
def payer(listening_payer: WatchedPayer) -> WatchedPayer:
    """The synthetic payer, counting afresh. Rows have ids of their own, so it need not forget."""
    listening_payer.watch()
    return listening_payer


@pytest.fixture
def breaks_promises() -> None:
    """For a test that leaves the database broken on purpose."""


@pytest.fixture(autouse=True)
def promises_are_kept(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every test on a database: each move was a lawful one, and no invariant is broken."""
    on_database = [name for name in ("transactional_db", "db") if name in request.fixturenames]
    for name in on_database[:1]:
        request.getfixturevalue(name)
    yield
    if on_database and "breaks_promises" not in request.fixturenames:
        check_promises()


def check_promises() -> None:
    """Each move so far was a lawful one with its event, and no invariant is broken."""
    _check_moves()
    _check_invariants()


def _check_moves() -> None:
    """Every event begins where the one before it ended, and its move is in the table."""
    from eligibility.models import TaskEvent

    places: dict[object, str] = {}
    for event in TaskEvent.objects.order_by("pk"):
        assert event.before == places.get(event.task_id, Status.PENDING), "a move has no event"
        assert Status(event.after) in TRANSITIONS[Status(event.before)]
        places[event.task_id] = event.after


def _check_invariants() -> None:
    from eligibility.engine import invariants

    broken = [f"{f.invariant.name}: {f.invariant.promise}" for f in invariants.check() if f.count]
    assert not broken
