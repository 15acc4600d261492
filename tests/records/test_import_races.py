"""One file of practitioners brought in by several people at the same moment, or killed half-way."""

from __future__ import annotations

import io
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from portal.models import FileImport, RejectedRow, Submission, Team
from records.importers.report import RecordReport
from records.models import RecordChange, ResourceRecord
from records.operations import imports
from records.operations.filing import Watch, Wishes
from records.operations.imports import import_practitioners
from tests.factories import make_team

pytestmark = pytest.mark.django_db(transaction=True)

KEYED = [f"p-{n},1234567893,Amal {n}" for n in range(20)]
NAMELESS = [f",1234567893,Basim {n}" for n in range(20)]
CONTENT = "\n".join(["logicalId,npi,name", *KEYED, *NAMELESS, "bad,12,Nobody"]).encode()


def bring(team: Team, **watch: Any) -> RecordReport:
    wishes = Wishes(team=team, profile="strict")
    return import_practitioners(io.BytesIO(CONTENT), wishes, watch=Watch(**watch))


@pytest.fixture
def team(monkeypatch: pytest.MonkeyPatch) -> Team:
    monkeypatch.setattr(imports, "CHUNK", 8)
    return make_team()


def check_that_each_row_is_in_once() -> None:
    assert ResourceRecord.objects.count() == RecordChange.objects.count() == 40
    assert RejectedRow.objects.count() == 1
    submission = Submission.objects.get()
    assert (submission.total_rows, submission.rejected_rows) == (41, 1)
    assert FileImport.objects.get().finished_at is not None


def test_each_row_comes_in_once(team: Team) -> None:
    begin, reports = Barrier(3), list[RecordReport]()

    def come_in() -> None:
        try:
            begin.wait(timeout=20)
            reports.append(bring(team))
        finally:
            connection.close()

    threads = [Thread(target=come_in) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(reports) == 3
    assert any(report.is_done for report in reports)
    check_that_each_row_is_in_once()


def test_an_import_that_is_killed_at_any_chunk_goes_on(team: Team) -> None:
    class Killed(BaseException):
        pass

    def kill(report: RecordReport) -> None:
        raise Killed

    for _ in range(4):
        with pytest.raises(Killed):
            bring(team, progress=kill)
    report = bring(team)
    assert (report.rows, report.created, report.rejected) == (41, 40, 1)
    assert report.resumed_after == 33
    check_that_each_row_is_in_once()


def test_rows_that_another_import_has_brought_in_are_not_stored_again(team: Team) -> None:
    others: list[RecordReport] = []

    def overtake(report: RecordReport) -> None:
        if report.rows == 40 and not others:
            others.append(bring(team))

    report = bring(team, progress=overtake)
    assert others[0].is_done
    assert not report.is_done
    assert report.notices[-1].startswith("The same file is coming in from elsewhere")
    check_that_each_row_is_in_once()
