"""The member directory learns from answers, in the background and a chunk at a time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from eligibility.choices import Outcome
from eligibility.engine.search import directory
from eligibility.models import Connection, DirectoryMark, KnownMember
from portal.models import Team
from tests.eligibility.engine.helpers import answered, claim, end, make_lane, make_row, make_rows

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers need not settle: no other transaction is under way in these tests."""
    monkeypatch.setattr(directory, "SETTLED_AFTER", timedelta(seconds=-5))


def lines() -> list[tuple[str, str, str]]:
    """(key, payer, source) of the whole directory."""
    found = KnownMember.objects.order_by("pk").values_list("id_key", "payer__code", "source")
    return list(found)


def known(lane: Connection, **fields: Any) -> KnownMember:
    """A line for this lane's payer."""
    assert lane.payer is not None
    values = {"id_type": "CARDNUMBER", "id_key": "A1", "source": "import", **fields}
    return KnownMember.objects.create(team=lane.team, payer=lane.payer, **values)


def hear(outcome: Outcome) -> None:
    """Let every row in line be answered so."""
    end(claim(), answered(outcome))


def test_a_yes_writes_down_where_the_member_is_and_is_read_once() -> None:
    make_row(make_lane(), id_key="A1")
    hear(Outcome.ELIGIBLE)
    assert (directory.feed(), directory.feed()) == (1, 0)
    assert lines() == [("A1", "TPA002", "result")]


@pytest.mark.parametrize(
    "outcome", [Outcome.UNDETERMINED, Outcome.AMBIGUOUS_MEMBER, Outcome.MEMBER_NOT_FOUND]
)
def test_other_answers_write_nothing(outcome: Outcome) -> None:
    make_row(make_lane(), id_key="A1")
    hear(outcome)
    assert directory.feed() == 1
    assert lines() == []


@pytest.mark.parametrize("outcome", [Outcome.MEMBER_NOT_FOUND, Outcome.NOT_ELIGIBLE])
def test_a_payer_that_no_longer_has_the_member_loses_the_line(outcome: Outcome) -> None:
    lane = make_lane()
    for code in ("A1", "A2"):
        known(lane, id_key=code)
    make_row(lane, id_key="A1")
    hear(outcome)
    directory.feed()
    assert lines() == [("A2", "TPA002", "import")]


def test_a_line_known_since_the_answer_stays() -> None:
    lane = make_lane()
    make_row(lane, id_key="A1")
    hear(Outcome.MEMBER_NOT_FOUND)
    known(lane, seen_at=timezone.now() + timedelta(seconds=1))
    directory.feed()
    assert len(lines()) == 1


def test_a_second_yes_renews_the_line() -> None:
    lane = make_lane()
    known(lane, seen_at=timezone.now() - timedelta(days=100))
    make_row(lane, id_key="A1")
    hear(Outcome.ELIGIBLE)
    directory.feed()
    (line,) = KnownMember.objects.all()
    assert (line.source, line.seen_at.date()) == ("result", timezone.now().date())


def test_tests_placeholders_and_a_production_teams_synthetic_payer_are_no_news() -> None:
    lane = make_lane()
    make_row(lane, id_key="A1", test_mode=True)
    make_row(lane, id_key="")
    hear(Outcome.ELIGIBLE)
    directory.feed()
    assert lines() == []
    Team.objects.update(is_production=True)
    make_row(lane, id_key="A3")
    hear(Outcome.ELIGIBLE)
    assert directory.feed() == 1
    assert lines() == []


def test_answers_are_read_a_chunk_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "MOST_AT_ONCE", 4)
    make_rows(make_lane(), 10)
    hear(Outcome.ELIGIBLE)
    assert [directory.feed() for _ in range(4)] == [4, 4, 2, 0]
    assert len(lines()) == 10
    assert DirectoryMark.objects.count() == 1


def test_an_answer_waits_until_no_transaction_may_add_one_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(directory, "SETTLED_AFTER", timedelta(seconds=60))
    make_row(make_lane())
    hear(Outcome.ELIGIBLE)
    assert directory.feed() == 0


def test_a_member_says_nothing_about_itself_in_words() -> None:
    line = known(make_lane(), id_key="SECRET1")
    assert "SECRET1" not in str(line)
