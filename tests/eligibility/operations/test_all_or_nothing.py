"""Whatever statement of a request fails: all of it is stored, or none of it."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction
from django.utils import timezone
from django_q.models import OrmQ

from eligibility.models import Batch, DrainSlot, EligibilityTask, WorkerHost
from eligibility.operations import Created
from portal.models import RejectedRow
from tests.cast import Cast, House
from tests.eligibility.operations.doing import (
    Sabotaged,
    bad,
    became,
    broken_promises,
    create,
    deadlock,
    failing_at,
    row,
    stored,
)

BEFORE_THE_TRANSACTION = 2
"""The registry is read, then the transaction (here a savepoint) begins."""


def act(house: House) -> Created:
    """A request that does all a request can do: new, replayed, bad and due rows."""
    rows = [row("old"), row("new"), row("A"), bad("B"), row(), row("A")]
    return create(house.first, *rows, scheduled=True)


@pytest.fixture
def house(cast: Cast) -> House:
    """A clinic with an open rejected row, a replayable row, one out of date, and a worker."""
    prepare(cast.us)
    return cast.us


def prepare(house: House) -> None:
    create(house.first, row("old"), row("new"), bad("A"), bad("B"))
    week_ago = timezone.now() - timedelta(days=7)
    EligibilityTask.objects.filter(client_reference="old").update(created_at=week_ago)
    now = timezone.now()
    host = WorkerHost.objects.create(
        id="h", name="h", pid=1, workers=3, started_at=now, seen_at=now
    )
    DrainSlot.objects.create(host=host, number=0)


def picture() -> object:
    """All that a request may change."""
    return (
        stored(),
        list(EligibilityTask.objects.order_by("pk").values_list("pk", "reference_key")),
        list(RejectedRow.objects.order_by("pk").values_list("pk", "state", "version")),
        list(DrainSlot.objects.values_list("state", "ticket")),
        list(Batch.objects.order_by("pk").values_list("pk", "expected_by")),
    )


def undisturbed(created: Created) -> None:
    """The request has done everything it does."""
    assert became(created) == ["created", "replayed", "created", "rejected", "created", "replayed"]
    assert stored() == {
        "EligibilityTask": 5,
        "Batch": 2,
        "Submission": 2,
        "RejectedRow": 3,
        "OrmQ": 1,
    }
    assert RejectedRow.objects.open().get().client_reference == "B"


def statements(house: House) -> int:
    """How many statements the request takes; undone afterwards."""
    with transaction.atomic():
        with failing_at(0) as ran:
            created = act(house)
        undisturbed(created)
        transaction.set_rollback(True)
    assert 10 < ran[0] < 40
    return ran[0]


@pytest.mark.django_db
def test_whichever_statement_fails_nothing_is_left_and_a_repeat_does_it_all(house: House) -> None:
    before = picture()
    for number in range(1, statements(house) + 1):
        with pytest.raises(Sabotaged), failing_at(number):
            act(house)
        assert picture() == before, f"statement {number} left something"
    undisturbed(act(house))
    assert broken_promises() == []


@pytest.mark.django_db
def test_a_deadlock_at_any_statement_is_tried_again_by_itself(house: House) -> None:
    count = statements(house)
    assert count > BEFORE_THE_TRANSACTION
    for number in range(BEFORE_THE_TRANSACTION + 1, count + 1):
        with transaction.atomic():
            with failing_at(number, deadlock) as ran:
                created = act(house)
            assert ran[0] > count
            undisturbed(created)
            transaction.set_rollback(True)


@pytest.mark.django_db
def test_an_endless_deadlock_is_an_error_in_the_end_and_leaves_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = picture()
    tries = 0

    def fail(*arguments: object) -> int:
        nonlocal tries
        tries += 1
        raise deadlock()

    monkeypatch.setattr("eligibility.operations.intake.insert_rows", fail)
    with pytest.raises(OperationalError):
        act(house)
    assert tries == 10
    assert picture() == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    "error",
    [
        OperationalError("database is locked"),
        OperationalError("server closed the connection unexpectedly"),
        DatabaseError("could not extend file"),
        IntegrityError("CHECK constraint failed: task_status_is_known"),
    ],
)
def test_any_other_error_is_raised_at_once(
    house: House, error: DatabaseError, monkeypatch: pytest.MonkeyPatch
) -> None:
    error.__cause__ = psycopg.OperationalError()
    tries = 0

    def fail(*arguments: object) -> int:
        nonlocal tries
        tries += 1
        raise error

    monkeypatch.setattr("eligibility.operations.intake.insert_rows", fail)
    with pytest.raises(type(error)) as caught:
        act(house)
    assert caught.value is error
    assert tries == 1


@pytest.mark.django_db
def test_a_request_inside_a_larger_transaction_shares_its_fate(house: House) -> None:
    before = picture()
    with transaction.atomic():
        undisturbed(act(house))
        transaction.set_rollback(True)
    assert picture() == before


def test_a_commit_that_fails_leaves_nothing(
    committed_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = committed_cast.us
    prepare(house)
    before = picture()

    def refuse() -> None:
        raise OperationalError("disk full")

    monkeypatch.setattr(connection, "_commit", refuse)
    with pytest.raises(OperationalError):
        act(house)
    monkeypatch.undo()
    assert picture() == before
    undisturbed(act(house))
    assert OrmQ.objects.count() == 1
