"""A search whose member is known to be with one payer goes straight to that payer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from eligibility.models import Connection, EligibilityTask, KnownMember, Payer
from portal.models import Team
from tests.cast import Cast
from tests.eligibility.operations.doing import became, create, row, task
from tests.eligibility.rest.asking import post

pytestmark = pytest.mark.django_db

CARD: dict[str, Any] = {"id_type": "CARDNUMBER", "id_value": "NX 123-456"}
SEARCH: dict[str, Any] = {"tpa_name": "BOTH", "visit_type": "OUTPATIENT", **CARD}
HOUR = timedelta(hours=1)


def know(team: Team, code: str = "TPA002", **fields: Any) -> None:
    """Let the team's directory name this payer for the card."""
    values = {"id_type": "CARDNUMBER", "id_key": "NX123456", "source": "import", **fields}
    KnownMember.objects.create(team=team, payer=Payer.objects.get(code=code), **values)


def went_to(cast: Cast, **fields: Any) -> str:
    """The payer that the row's task is stored for."""
    return task(create(cast.us.first, row(**SEARCH | fields))).payer.code


def test_it_becomes_an_ordinary_row_of_that_payer(cast: Cast) -> None:
    know(cast.us.team)
    made = task(create(cast.us.first, row(**SEARCH)))
    assert (made.payer.code, made.is_search) == ("TPA002", False)
    assert made.connection is not None
    assert made.connection.payer == made.payer
    assert made.request_dump["tpa_name"] == "BOTH"


def test_the_answer_is_the_documents_search_all_example(cast: Cast, client: Client) -> None:
    know(cast.us.team)
    sent = row(**SEARCH)
    answer = post(client, {"requests": [sent]}, **{"x-api-key": cast.us.key}).json()
    (made,) = EligibilityTask.objects.all()
    assert answer == {
        "success": True,
        "message": "Bulk tasks created successfully. 1 tasks created.",
        "data": {
            "tasks": [
                {
                    "task_id": str(made.pk),
                    "status": "pending",
                    "patient_info": {
                        "name": "Ali Farouk",
                        "id_value": sent["id_value"],
                        "tpa_name": "TPA002",
                    },
                    "is_search_all": False,
                }
            ],
            "total_created": 1,
        },
    }


def test_a_rehearsal_says_the_same(cast: Cast) -> None:
    know(cast.us.team)
    (entry,) = create(cast.us.first, row(**SEARCH), dry_run=True).entries
    assert entry.checked.payer is not None
    assert entry.checked.payer.code == "TPA002"


@pytest.mark.parametrize(
    "fields",
    [
        {"test_mode": True},
        {"force": True},
        {"id_value": "NX 999"},
        {"id_type": "EMIRATESID"},
        {"scheduled_for": "2099-01-01"},
    ],
    ids=["test row", "forced", "another card", "another kind of number", "later"],
)
def test_it_stays_a_search_when(cast: Cast, fields: dict[str, Any]) -> None:
    know(cast.us.team)
    if "scheduled_for" in fields:
        fields = {"scheduled_for": (timezone.now() + HOUR).isoformat()}
    assert went_to(cast, **fields) == "BOTH"


def test_a_scheduled_batch_keeps_its_searches(cast: Cast) -> None:
    know(cast.us.team)
    when = timezone.now() + HOUR
    made = task(create(cast.us.first, row(**SEARCH), scheduled=True, scheduled_for=when))
    assert made.is_search


def test_another_teams_directory_says_nothing(cast: Cast) -> None:
    know(cast.them.team)
    assert went_to(cast) == "BOTH"


def test_a_line_that_is_too_old_says_nothing(cast: Cast) -> None:
    know(cast.us.team, seen_at=timezone.now() - timedelta(days=500))
    assert went_to(cast) == "BOTH"


def test_two_payers_are_none_unless_one_has_just_answered(cast: Cast) -> None:
    know(cast.us.team, "TPA004")
    know(cast.us.team, "TPA002", source="result", seen_at=timezone.now() - timedelta(days=2))
    assert went_to(cast) == "BOTH"
    KnownMember.objects.filter(source="result").update(seen_at=timezone.now() - HOUR)
    assert went_to(cast) == "TPA002"


@pytest.mark.parametrize("why", ["no connection", "not a member", "wants more", "switched off"])
def test_a_payer_that_cannot_be_asked_is_not_gone_to(cast: Cast, why: str) -> None:
    know(cast.us.team)
    match why:
        case "no connection":
            Connection.objects.filter(team=cast.us.team, payer__code="TPA002").delete()
        case "not a member":
            Payer.objects.filter(code="BOTH").update(members=["TPA004"])
        case "wants more":
            needs = [{"field": "serviceType", "when": {}}]
            Payer.objects.filter(code="TPA002").update(requires=needs)
        case "switched off":
            Payer.objects.filter(code="TPA002").update(is_active=False)
    assert went_to(cast) == "BOTH"


def test_a_row_sent_again_is_told_what_the_first_one_is(cast: Cast) -> None:
    first = create(cast.us.first, row("A", **SEARCH))
    know(cast.us.team)
    again = create(cast.us.first, row("A", **SEARCH), row("B", **SEARCH))
    assert became(again) == ["replayed", "created"]
    assert [entry.checked.payer and entry.checked.payer.code for entry in again.entries] == [
        "BOTH",
        "TPA002",
    ]
    KnownMember.objects.all().delete()
    later = create(cast.us.first, row("B", **SEARCH))
    assert later.entries[0].task_id == again.entries[1].task_id != first.entries[0].task_id
    assert later.entries[0].checked.payer is not None
    assert later.entries[0].checked.payer.code == "TPA002"


def test_a_request_without_searches_asks_the_directory_nothing(cast: Cast) -> None:
    know(cast.us.team)
    create(cast.us.first, row())
    with CaptureQueriesContext(connection) as plain:
        create(cast.us.first, row(), row())
    assert not [each for each in plain if "knownmember" in each["sql"]]
    with CaptureQueriesContext(connection) as searching:
        create(cast.us.first, row(**SEARCH), row(**SEARCH | {"id_value": "Z1"}), row())
    assert len([each for each in searching if "knownmember" in each["sql"]]) == 1
    assert len(searching) == len(plain) + 1
