"""Whoever brings a file in leaves one entry in the audit log, with the first rows or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from eligibility.models import EligibilityTask
from eligibility.operations import imports
from portal.models import AuditEvent, Submission
from tests.cast import Cast, House
from tests.eligibility.files.making import bring, make_cells, make_file


@pytest.fixture
def house(cast: Cast) -> House:
    """Our team."""
    return cast.us


def test_an_import_has_one_entry_however_many_chunks_it_takes(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "CHUNK", 2)
    lines = [make_cells(1), make_cells(2, tpa_name="NOBODY"), make_cells(3)]
    report = bring(make_file(lines), house.first, actor=house.operator.pk)
    event = AuditEvent.objects.get(verb="imported")
    assert (event.actor_id, event.object_id) == (house.operator.pk, report.submission_id)
    assert (event.team_id, event.clinic_id) == (house.team.pk, house.first.pk)
    assert event.details == {"read_as": report.read_as, "first_rows": 2, "first_rejected": 1}


def test_a_trial_and_a_repeated_file_leave_none(house: House) -> None:
    content = make_file([make_cells(1)])
    bring(content, house.first, dry_run=True)
    assert not AuditEvent.objects.exists()
    bring(content, house.first)
    bring(content, house.first)
    assert AuditEvent.objects.filter(verb="imported").count() == 1


def test_an_entry_that_cannot_be_written_keeps_the_rows_out(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(**deed: Any) -> None:
        raise RuntimeError("the log is full")

    monkeypatch.setattr("portal.audit.record", fails)
    with pytest.raises(RuntimeError):
        bring(make_file([make_cells(1)]), house.first)
    assert not Submission.objects.exists()
    assert not EligibilityTask.objects.exists()
