from __future__ import annotations

import uuid

import pytest

from portal.models import RejectedRow, RowState, Submission, Team

pytestmark = pytest.mark.django_db
KIND = "tests"


def make_team() -> Team:
    return Team.objects.create(name=f"Team {uuid.uuid4()}")


def make_rejected(
    team: Team, reference: str, *, kind: str = KIND, state: RowState = RowState.OPEN
) -> RejectedRow:
    counts = {"total_rows": 1, "accepted_rows": 0, "rejected_rows": 1}
    submission = Submission.objects.create(team=team, kind=kind, source="file", **counts)
    return RejectedRow.objects.create(
        submission=submission, line=0, raw={}, errors=[], client_reference=reference, state=state
    )


def supersede(team: Team, *references: str) -> int:
    return RejectedRow.objects.supersede(team_id=team.pk, kind=KIND, references=references)


def states() -> list[str]:
    return list(RejectedRow.objects.order_by("client_reference").values_list("state", flat=True))


def test_a_later_row_closes_the_open_row_that_has_its_reference() -> None:
    team = make_team()
    for reference in ("A-1", "A-2", "Ä'\"-3"):
        make_rejected(team, reference)
    assert supersede(team, "A-1", "Ä'\"-3", "A-9") == 2
    assert states() == ["superseded", "open", "superseded"]


def test_rows_of_others_and_settled_rows_keep_their_state() -> None:
    team = make_team()
    make_rejected(make_team(), "A-1")
    make_rejected(team, "A-2", kind="others")
    make_rejected(team, "A-3", state=RowState.DISCARDED)
    make_rejected(team, "A-4")
    assert supersede(team, "A-1", "A-2", "A-3") == 0
    assert states() == ["open", "open", "discarded", "open"]


def test_rows_without_a_reference_are_never_superseded() -> None:
    team = make_team()
    make_rejected(team, "")
    assert supersede(team) == 0
    assert supersede(team, "") == 0
    assert states() == ["open"]


def test_more_references_than_a_database_takes_parameters() -> None:
    team = make_team()
    make_rejected(team, "A-65999")
    assert supersede(team, *(f"A-{number}" for number in range(66_000))) == 1
