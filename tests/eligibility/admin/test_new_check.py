from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from eligibility.choices import Priority
from eligibility.identifiers import make_emirates_id
from eligibility.models import Batch, Connection, EligibilityTask, Payer
from portal.models import AuditEvent, RejectedRow, Submission
from tests.cast import Cast
from tests.eligibility.admin.waiting import fields_of, page, typed
from tests.portal.admin.entering import enter, said

pytestmark = pytest.mark.django_db

EMIRATES_ID = make_emirates_id(1990, 1234567)
FILLED = {"id_value": EMIRATES_ID, "doctorName": "DHA-P-0000001"}


@pytest.fixture
def client(cast: Cast) -> Client:
    """The operator's browser."""
    return enter(cast.us.operator)


def new(client: Client, payer: str = "INS026") -> Any:
    return client.get(page("new_check", payer=payer))


def send(client: Client, shown: Any, **changes: str) -> Any:
    reference = shown.context["own_reference"]
    values = typed(shown, own_reference=reference, action="check", **changes)
    return client.post(page("new_check"), values)


def test_the_payer_is_asked_for_first_and_alone(client: Client) -> None:
    answer = client.get(page("new_check"))
    assert [*fields_of(answer)] == ["tpa_name"]
    assert "data-when-payer hidden" in answer.content.decode()


def test_the_form_then_shows_exactly_what_this_payer_takes(client: Client) -> None:
    fields = fields_of(new(client, "TPA002"))
    rules = Payer.objects.get(code="TPA002")
    assert [code for code, _ in fields["id_type"].options] == rules.id_types
    assert [code for code, _ in fields["visit_type"].options] == rules.visit_types
    assert {"doctorName", "payerName"} <= fields.keys()
    assert {"pod_id", "serviceType", "priority", "mode"}.isdisjoint(fields)
    assert "visit_type" not in fields_of(new(client, "TPA008"))


def test_a_rule_that_staff_changed_is_the_forms_at_once(client: Client) -> None:
    Payer.objects.filter(code="TPA008").update(
        visit_types=["DENTAL"], requires=[{"field": "referralCode", "when": {}}]
    )
    fields = fields_of(new(client, "TPA008"))
    assert fields["referralCode"].is_required
    assert fields["visit_type"].value == "DENTAL"


def test_the_payers_usual_codes_are_chosen_already(client: Client) -> None:
    fields = fields_of(new(client))
    assert (fields["id_type"].value, fields["visit_type"].value) == ("EMIRATESID", "OUTPATIENT")
    assert fields["id_value"].has_focus


def test_without_a_script_the_chosen_payer_is_sent_and_its_fields_come_back(
    client: Client,
) -> None:
    shown = new(client, "INS026")
    values = typed(shown, tpa_name="TPA008", id_value=EMIRATES_ID, action="fields")
    answer = client.post(page("new_check"), values)
    fields = fields_of(answer)
    assert fields["id_value"].value == EMIRATES_ID
    assert "doctorName" not in fields
    part = client.post(page("new_check"), values, headers={"X-Fields-Only": "1"})
    assert "<html" not in part.content.decode()
    assert EMIRATES_ID in part.content.decode()
    assert not EligibilityTask.objects.exists()


def test_a_check_is_made_at_once_before_the_batches(client: Client, cast: Cast) -> None:
    answer = send(client, new(client), name="Sara Khan", **FILLED)
    task = EligibilityTask.objects.get()
    assert (task.clinic, task.payer.code, task.name) == (cast.us.first, "INS026", "Sara Khan")
    assert task.priority == Priority.HIGH
    assert task.created_by == cast.us.operator.pk
    assert not task.test_mode
    assert Submission.objects.get().source == "form"
    assert answer.status_code == 302
    assert str(task.pk) in answer.headers["Location"] or "worklist" in answer.headers["Location"]
    assert "being asked" in said(answer)
    event = AuditEvent.objects.get(verb="created")
    assert (event.object_id, event.clinic_id) == (str(task.pk), cast.us.first.pk)


def test_a_test_asks_the_synthetic_payer(client: Client) -> None:
    send(client, new(client), test="1", **FILLED)
    task = EligibilityTask.objects.get()
    assert task.test_mode
    assert task.connection == Connection.objects.get(team=task.team, payer=None)


def test_mistakes_stand_at_their_fields_and_nothing_is_made(client: Client) -> None:
    answer = send(client, new(client), visit_type="DENTAL", id_value=" ")
    fields = fields_of(answer)
    assert fields["visit_type"].errors[0].suggestion == "DENTAL_SERVICES"
    assert fields["id_value"].errors
    assert fields["doctorName"].errors
    assert [name for name, field in fields.items() if field.has_focus] == ["id_value"]
    assert [*fields][:2] == ["tpa_name", "id_type"]
    for model in (EligibilityTask, Batch, Submission, RejectedRow):
        assert not model.objects.exists()


def test_a_suggestion_is_one_click_away(client: Client) -> None:
    wrong = send(client, new(client), visit_type="DENTAL", **FILLED)
    answer = client.post(page("new_check"), typed(wrong, use="visit_type=DENTAL_SERVICES"))
    fields = fields_of(answer)
    assert fields["visit_type"].value == "DENTAL_SERVICES"
    assert fields["id_value"].value == EMIRATES_ID


def test_a_doubt_is_shown_once_and_needs_a_second_click(client: Client) -> None:
    wrong = EMIRATES_ID[:-1] + str((int(EMIRATES_ID[-1]) + 1) % 10)
    filled = FILLED | {"id_value": wrong}
    asked = send(client, new(client), **filled)
    assert "check anyway" in asked.content.decode()
    assert fields_of(asked)["id_value"].warnings
    assert not EligibilityTask.objects.exists()
    send(client, asked)
    task = EligibilityTask.objects.get()
    assert task.warnings[0]["code"] == "emirates_id.check_digit"


def test_a_form_that_is_sent_twice_makes_one_check(client: Client) -> None:
    shown = new(client)
    first = send(client, shown, **FILLED)
    second = send(client, shown, **FILLED)
    assert EligibilityTask.objects.count() == 1
    assert first.headers["Location"] == second.headers["Location"]
    assert "already" in said(second)


def test_the_same_patient_can_be_checked_again_from_a_new_form(client: Client) -> None:
    for _ in range(2):
        send(client, new(client), **FILLED)
    assert EligibilityTask.objects.count() == 2


def test_a_reference_of_the_clinic_is_kept(client: Client) -> None:
    send(client, new(client), client_reference="APT-7", **FILLED)
    assert EligibilityTask.objects.get().client_reference == "APT-7"


def test_a_person_of_several_clinics_chooses_one_of_their_own(cast: Cast) -> None:
    client = enter(cast.us.supervisor)
    shown = new(client)
    assert 'name="clinic"' in shown.content.decode()
    send(client, shown, clinic=str(cast.us.second.pk), **FILLED)
    assert EligibilityTask.objects.get().clinic == cast.us.second


@pytest.mark.parametrize("which", ["another clinic", "another team", "no clinic"])
def test_a_forged_clinic_is_refused(client: Client, cast: Cast, which: str) -> None:
    clinics = {
        "another clinic": str(cast.us.second.pk),
        "another team": str(cast.them.first.pk),
        "no clinic": "x",
    }
    answer = send(client, new(client), clinic=clinics[which], **FILLED)
    assert answer.status_code == 403
    assert not EligibilityTask.objects.exists()


def test_a_viewer_is_refused(cast: Cast) -> None:
    client = enter(cast.us.viewer)
    assert client.get(page("new_check")).status_code == 403
    values = {"tpa_name": "TPA008", "id_type": "EMIRATESID", "id_value": EMIRATES_ID}
    assert client.post(page("new_check"), values).status_code == 403
    assert not EligibilityTask.objects.exists()


def test_a_person_without_a_clinic_is_told_what_to_do(cast: Cast) -> None:
    cast.us.operator.clinics.clear()
    answer = enter(cast.us.operator).get(page("new_check"))
    assert answer.status_code == 200
    assert "You belong to no clinic" in answer.content.decode()


def test_payers_that_the_team_cannot_ask_are_told_apart(client: Client, cast: Cast) -> None:
    Connection.objects.filter(team=cast.us.team, payer__code="INS026").update(is_active=False)
    groups = client.get(page("new_check")).context["form"].payers
    titles = {code: group.title for group in groups for code, _ in group.options}
    assert titles["INS026"] == "Not connected yet"
    assert titles["TPA004"] == "Payers"
    assert titles["BOTH"].startswith("Unsure")


@pytest.mark.parametrize(
    "posted",
    [
        {},
        {"tpa_name": "\0"},
        {"tpa_name": "TPA008", "id_value": "x" * 5000},
        {"tpa_name": "TPA008", "id_value": "1", "id_type": "EMIRATESID", "extra_args": "x"},
        {"tpa_name": "TPA008", "extra_args.\0": "\0", "id_value": "1", "id_type": "CARDNUMBER"},
        {"use": "nothing", "tpa_name": "TPA008"},
    ],
)
def test_odd_requests_get_a_page_and_make_nothing(client: Client, posted: dict[str, str]) -> None:
    answer = client.post(page("new_check"), posted)
    assert answer.status_code == 200
    assert not EligibilityTask.objects.exists()


@pytest.mark.parametrize("reference", ["", "x" * 50, "\n", "é"])
def test_a_forged_reference_of_the_form_is_not_used(client: Client, reference: str) -> None:
    shown = new(client)
    client.post(page("new_check"), typed(shown, own_reference=reference, **FILLED))
    assert EligibilityTask.objects.get().client_reference.startswith("DESK-")
