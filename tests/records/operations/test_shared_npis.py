"""A number that stands on many records costs no more than one that stands on two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from portal.models import Team
from records.models import ResourceRecord
from records.operations.facts import gather
from tests.factories import make_team
from tests.records.making import ATHENA, create, row

pytestmark = pytest.mark.django_db

SAME = "1234567893"
OTHER = "1000000004"
SLACK = 3
"""A planner may look at a handful more; it must not look at all."""


def shared(team: Team, *rows: object, own: dict[int, str] | None = None) -> frozenset[str]:
    found = gather(team.pk, rows, own).shared_npis
    assert found is not None
    return found


@contextmanager
def work() -> Iterator[Callable[[], int]]:
    """How much the database reads: rows of the records' table; on SQLite steps of its machine."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # So few rows are read as a whole, because that is cheap.
            cursor.execute("SET LOCAL enable_seqscan = off")
        before = rows_read()
        yield lambda: rows_read() - before
        return
    steps = [0]

    def step() -> int:
        steps[0] += 1
        return 0

    connection.connection.set_progress_handler(step, 10)
    yield lambda: steps[0]
    connection.connection.set_progress_handler(None, 0)


def rows_read() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables"
            " WHERE relname = %s",
            [ResourceRecord._meta.db_table],
        )
        return int(cursor.fetchone()[0])


def reads_for_two_new_rows(team: Team) -> int:
    with work() as read:
        assert shared(team, row("new-1"), row("new-2")) == {SAME}
        return read()


def test_the_rows_that_are_read_do_not_grow_with_the_records_of_one_number() -> None:
    team = make_team()
    create(team, *(row(f"few-{n}") for n in range(20)))
    before = reads_for_two_new_rows(team)
    create(team, *(row(f"many-{n}") for n in range(500)))
    assert reads_for_two_new_rows(team) <= before + SLACK


def test_a_record_that_comes_again_does_not_share_its_number_with_itself() -> None:
    team = make_team()
    create(team, row("A"), row("B", ATHENA, npi=OTHER))
    assert shared(team, row("A"), row("B", ATHENA, npi=OTHER)) == set()
    assert shared(team, row("A"), row("B", npi=OTHER)) == {OTHER}


def test_a_record_that_comes_again_with_another_number_still_has_its_own() -> None:
    team = make_team()
    create(team, row("A"), row("B", npi=OTHER))
    assert shared(team, row("new"), row("A", npi=OTHER)) == {SAME, OTHER}


def test_a_record_that_is_to_change_does_not_count_whatever_number_it_has() -> None:
    team = make_team()
    (made,) = [entry.stored for entry in create(team, row("A")).entries]
    assert made is not None
    assert made.id is not None
    assert shared(team, row("new"), own={0: made.id}) == set()


def test_the_records_of_another_team_do_not_share() -> None:
    create(make_team(), row("A"))
    assert shared(make_team(), row("B")) == set()
