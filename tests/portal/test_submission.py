from __future__ import annotations

import uuid

import pytest

from portal.models import Clinic, RejectedRow, RowState, Submission, Team

pytestmark = pytest.mark.django_db
KIND = "tests"


def make_clinic(team: Team | None = None) -> Clinic:
    team = team or Team.objects.create(name=f"Team {uuid.uuid4()}")
    return Clinic.objects.create(team=team, name=f"Clinic {uuid.uuid4()}")


def make_rejected(
    clinic: Clinic, reference: str, *, kind: str = KIND, state: RowState = RowState.OPEN
) -> RejectedRow:
    counts = {"total_rows": 1, "accepted_rows": 0, "rejected_rows": 1}
    submission = Submission.objects.create(
        team=clinic.team, clinic=clinic, kind=kind, source="file", **counts
    )
    return RejectedRow.objects.create(
        submission=submission, line=0, raw={}, errors=[], client_reference=reference, state=state
    )


def supersede(clinic: Clinic, *references: str) -> int:
    return RejectedRow.objects.supersede(clinic=clinic, kind=KIND, references=references)


def states() -> list[str]:
    return list(RejectedRow.objects.order_by("client_reference").values_list("state", flat=True))


def test_a_later_row_closes_the_open_row_that_has_its_reference() -> None:
    clinic = make_clinic()
    for reference in ("A-1", "A-2", "Ä'\"-3"):
        make_rejected(clinic, reference)
    assert supersede(clinic, "A-1", "Ä'\"-3", "A-9") == 2
    assert states() == ["superseded", "open", "superseded"]


def test_rows_of_others_and_settled_rows_keep_their_state() -> None:
    clinic = make_clinic()
    make_rejected(make_clinic(clinic.team), "A-0")
    make_rejected(make_clinic(), "A-1")
    make_rejected(clinic, "A-2", kind="others")
    make_rejected(clinic, "A-3", state=RowState.DISCARDED)
    make_rejected(clinic, "A-4")
    assert supersede(clinic, "A-0", "A-1", "A-2", "A-3") == 0
    assert states() == ["open", "open", "open", "discarded", "open"]


def test_rows_without_a_reference_are_never_superseded() -> None:
    clinic = make_clinic()
    make_rejected(clinic, "")
    assert supersede(clinic) == 0
    assert supersede(clinic, "") == 0
    assert states() == ["open"]


def test_more_references_than_a_database_takes_parameters() -> None:
    clinic = make_clinic()
    make_rejected(clinic, "A-65999")
    assert supersede(clinic, *(f"A-{number}" for number in range(66_000))) == 1
