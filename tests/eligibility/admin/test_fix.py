from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from eligibility.models import EligibilityTask, Payer, TaskRevision
from eligibility.operations import fix_task, retry_tasks
from portal.models import AuditEvent
from tests.cast import Cast
from tests.eligibility.admin.looking import task_url
from tests.eligibility.admin.waiting import (
    ANOTHER,
    IDENTIFIER,
    NAME,
    doubtful,
    failed,
    fields_of,
    fix_page,
    page,
    typed,
)
from tests.factories import make_task
from tests.portal.admin.entering import enter, said

pytestmark = pytest.mark.django_db

MISMATCH = "failed:TPA004:identity_mismatch"
MOST_QUERIES = 25


@pytest.fixture
def client(cast: Cast) -> Client:
    """The operator's browser."""
    return enter(cast.us.operator)


def save(client: Client, task: EligibilityTask, action: str = "save", **changes: str) -> Any:
    """Open the form as a person does, change something, send it."""
    address = fix_page(task)
    return client.post(address, typed(client.get(address), action=action, **changes))


# --- what the form shows ------------------------------------------------------------------------


def test_the_fields_that_the_failure_points_at_come_first_and_have_the_focus(
    client: Client, cast: Cast
) -> None:
    answer = client.get(fix_page(failed(cast.us.first)))
    form = answer.context["form"]
    assert [field.name for field in form.first] == ["name", "dob", "id_value", "id_type"]
    assert [field.name for field in form.fields if field.has_focus] == ["name"]
    assert {"tpa_name", "visit_type", "phone"} <= {field.name for field in form.rest}


def test_a_doubtful_field_comes_before_those_that_are_only_likely(
    client: Client, cast: Cast
) -> None:
    task = failed(cast.us.first, id_value="784-1986-9027382-1")
    form = client.get(fix_page(task)).context["form"]
    assert [field.name for field in form.first] == ["id_value"]
    assert "check digit" in form.first[0].warnings[0].text


def test_only_what_may_be_changed_is_in_the_form(client: Client, cast: Cast) -> None:
    task = failed(cast.us.first, client_reference="APT-1", payer="INS026", failure="timeout")
    fields = fields_of(client.get(fix_page(task)))
    assert "client_reference" not in fields
    assert {"doctorName", "pod_id"} <= fields.keys()
    assert "payerName" not in fields
    before = task.client_reference
    save(client, task, doctorName="DHA-P-0000001", client_reference="ANOTHER")
    task.refresh_from_db()
    assert (task.client_reference, task.doctor_name) == (before, "DHA-P-0000001")


def test_the_request_stays_visible_as_it_came(client: Client, cast: Cast) -> None:
    task = failed(cast.us.first, request_dump={"id_value": IDENTIFIER, "note": "as written"})
    save(client, task, id_value=ANOTHER)
    answer = client.get(fix_page(task))
    assert ("Identifier", IDENTIFIER, "") in answer.context["original"]
    assert ("note", "as written", "") in answer.context["original"]
    assert answer.context["revisions"][0]["changes"] == [("Identifier", IDENTIFIER, ANOTHER)]


def test_what_came_in_is_told_in_words_with_the_code_beside_it(client: Client, cast: Cast) -> None:
    sent = {"tpa_name": "TPA004", "id_type": "EMIRATESID", "visit_type": "OUTPATIENT"}
    answer: Any = client.get(fix_page(failed(cast.us.first, request_dump=sent)))
    assert answer.context["original"] == [
        ("Payer", "NAS Administration Services", "TPA004"),
        ("Identifier type", "Emirates ID", "EMIRATESID"),
        ("Visit type", "Outpatient", "OUTPATIENT"),
    ]
    page = answer.content.decode()
    assert '<span class="ep-as-sent">EMIRATESID</span>' in page


def test_the_sidebar_shows_that_fixing_belongs_to_what_needs_attention(
    client: Client, cast: Cast
) -> None:
    def shown(address: str) -> Any:
        return client.get(address).context

    task = failed(cast.us.first)
    marked = {
        address: [
            item["title"]
            for group in shown(address)["sidebar_navigation"]
            for item in group["items"]
            if item["active"]
        ]
        for address in (fix_page(task), reverse("admin:worklist"), task_url(task))
    }
    assert list(marked.values()) == [["Needs attention"], ["Needs attention"], ["Checks"]]


def test_every_field_has_a_label_and_errors_are_tied_to_it(client: Client, cast: Cast) -> None:
    address = fix_page(failed(cast.us.first))
    answer = client.post(address, typed(client.get(address), id_value="", action="save"))
    text = answer.content.decode()
    for name, field in fields_of(answer).items():
        if not field.parts:
            assert f'<label for="id-{name}"' in text, name
            assert f'id="id-{name}"' in text, name
    assert 'aria-describedby="notes-id_value" aria-invalid="true"' in text
    assert 'role="alert"' in text


# --- saving ---------------------------------------------------------------------------------------


def test_a_correction_is_saved_as_a_revision_and_asked_again(client: Client, cast: Cast) -> None:
    task = failed(cast.us.first)
    answer = save(client, task, name="Sara Khan", dob="1986-11-13")
    task.refresh_from_db()
    assert (task.name, str(task.dob), task.status) == ("Sara Khan", "1986-11-13", "pending")
    assert task.review == "none"
    assert TaskRevision.objects.get().changes == {
        "name": [NAME, "Sara Khan"],
        "dob": [None, "1986-11-13"],
    }
    assert answer.status_code == 302
    assert str(task.pk) in answer.headers["Location"]
    assert "back in line" in said(answer)


def test_a_correction_is_put_on_record_without_its_values(client: Client, cast: Cast) -> None:
    task = failed(cast.us.first)
    save(client, task, name="Sara Khan", id_value=ANOTHER)
    event = AuditEvent.objects.get(verb="fixed")
    assert event.actor_id == cast.us.operator.pk
    assert event.object_id == str(task.pk)
    assert {"name", "id_value"} <= set(event.details["fields"])
    assert "Sara" not in str(event.details) + str(event.changes)


def test_opening_the_form_is_put_on_record_because_it_shows_the_identifier(
    client: Client, cast: Cast
) -> None:
    task = failed(cast.us.first)
    assert IDENTIFIER in client.get(fix_page(task)).content.decode()
    event = AuditEvent.objects.get(verb="revealed")
    assert (event.object_id, event.actor_id) == (str(task.pk), cast.us.operator.pk)


def test_a_wrong_value_is_refused_with_what_was_typed_still_there(
    client: Client, cast: Cast
) -> None:
    task = failed(cast.us.first)
    answer = save(client, task, id_type="PASSPORT", name="Sara Khan")
    fields = fields_of(answer)
    assert answer.status_code == 200
    assert fields["id_type"].errors[0].suggestion == "EMIRATESID"
    assert next(iter(fields)) == "id_type"
    assert (fields["id_type"].value, fields["name"].value) == ("PASSPORT", "Sara Khan")
    task.refresh_from_db()
    assert (task.status, task.version) == ("failed", 1)


def test_a_suggestion_is_taken_over_without_a_script_too(client: Client, cast: Cast) -> None:
    task = failed(cast.us.first)
    first = save(client, task, id_type="PASSPORT", name="Sara Khan")
    answer = client.post(fix_page(task), typed(first, use="id_type=EMIRATESID"))
    fields = fields_of(answer)
    assert (fields["id_type"].value, fields["name"].value) == ("EMIRATESID", "Sara Khan")
    assert not fields["id_type"].errors


def test_a_doubt_is_shown_once_and_may_then_be_overruled(client: Client, cast: Cast) -> None:
    task = failed(cast.us.first)
    asked = save(client, task, id_value="784-1986-9027382-1")
    assert asked.context["must_insist"]
    assert "It is right" in asked.content.decode()
    task.refresh_from_db()
    assert task.status == "failed"
    answer = client.post(fix_page(task), typed(asked, action="save"))
    task.refresh_from_db()
    assert answer.status_code == 302
    assert (task.status, task.id_value) == ("pending", "784-1986-9027382-1")
    assert task.warnings[0]["code"] == "emirates_id.check_digit"


def test_a_new_doubt_is_shown_even_after_another_one_was_overruled(
    client: Client, cast: Cast
) -> None:
    task = failed(cast.us.first)
    asked = save(client, task, id_value="784-1986-9027382-1")
    again = client.post(fix_page(task), typed(asked, action="save", id_value="784-1986-9027382-2"))
    assert again.status_code == 200
    task.refresh_from_db()
    assert task.status == "failed"


def test_saving_without_a_change_asks_the_same_question_again(client: Client, cast: Cast) -> None:
    task = doubtful(cast.us.first)
    answer = save(client, task)
    task.refresh_from_db()
    assert task.status == "pending"
    assert not TaskRevision.objects.exists()
    assert "Nothing was changed" in said(answer)
    assert AuditEvent.objects.filter(verb="rerun").count() == 1


def test_another_payer_shows_its_fields_and_keeps_what_was_typed(
    client: Client, cast: Cast
) -> None:
    task = failed(cast.us.first)
    address = fix_page(task)
    values = typed(client.get(address), tpa_name="INS026", name="Sara Khan", action="fields")
    page_of_it = client.post(address, values)
    part = client.post(address, values, headers={"X-Fields-Only": "1"})
    for answer in (page_of_it, part):
        fields = fields_of(answer)
        assert fields["doctorName"].is_required
        assert fields["name"].value == "Sara Khan"
    assert "<html" in page_of_it.content.decode()
    assert "<html" not in part.content.decode()
    task.refresh_from_db()
    assert task.payer.code == "TPA004"


def test_a_row_moves_to_the_payer_that_was_chosen(client: Client, cast: Cast) -> None:
    task = failed(cast.us.first, "payer_unsupported")
    save(client, task, tpa_name="INS026", doctorName="DHA-P-0000001")
    task.refresh_from_db()
    assert task.payer.code == "INS026"
    assert task.connection is not None
    assert task.connection.payer == task.payer


# --- two people at one row ----------------------------------------------------------------------


def conflict(client: Client, cast: Cast) -> tuple[EligibilityTask, Any]:
    """A colleague corrects the visit type while the form is open."""
    task = failed(cast.us.first)
    values = typed(client.get(fix_page(task)), action="save", name="Sara Khan", dob="1990-01-02")
    fix_task(
        task=task,
        changes={"visit_type": "DENTAL", "name": "Theirs"},
        version=1,
        actor=cast.us.supervisor.pk,
        rerun=False,
    )
    return task, client.post(fix_page(task), values)


def test_a_concurrent_edit_is_told_with_what_the_other_person_changed(
    client: Client, cast: Cast
) -> None:
    task, answer = conflict(client, cast)
    meanwhile = answer.context["meanwhile"]
    assert answer.status_code == 409
    assert ("Visit type", "Outpatient", "Dental") in meanwhile.changes
    assert ("Patient's name", NAME, "Theirs") in meanwhile.changes
    assert meanwhile.who == cast.us.supervisor.username
    task.refresh_from_db()
    assert (task.visit_type, task.name, task.status) == ("DENTAL", "Theirs", "failed")


def test_a_concurrent_edit_loses_nothing_of_what_was_typed(client: Client, cast: Cast) -> None:
    _, answer = conflict(client, cast)
    fields = fields_of(answer)
    assert (fields["name"].value, fields["dob"].value) == ("Sara Khan", "1990-01-02")
    assert fields["name"].theirs.text == "Theirs"
    assert fields["visit_type"].theirs.suggestion == "DENTAL"
    assert fields["dob"].theirs is None


def test_who_has_seen_the_other_change_can_save(client: Client, cast: Cast) -> None:
    task, answer = conflict(client, cast)
    theirs = fields_of(answer)["visit_type"].theirs.suggestion
    saved = client.post(fix_page(task), typed(answer, action="save", visit_type=theirs))
    task.refresh_from_db()
    assert saved.status_code == 302
    assert (task.name, task.visit_type, task.status) == ("Sara Khan", "DENTAL", "pending")
    assert TaskRevision.objects.count() == 2


def test_a_row_that_was_run_again_meanwhile_is_told_with_who_did_it(
    client: Client, cast: Cast
) -> None:
    task = failed(cast.us.first)
    values = typed(client.get(fix_page(task)), action="save", name="Sara Khan")
    retry_tasks(tasks=EligibilityTask.objects.all(), actor=cast.us.supervisor.pk)
    answer = client.post(fix_page(task), values)
    assert answer.status_code == 409
    assert answer.context["meanwhile"].who == cast.us.supervisor.username
    assert fields_of(answer)["name"].value == "Sara Khan"


def test_a_row_that_is_being_asked_cannot_be_saved_and_says_so(client: Client, cast: Cast) -> None:
    now = timezone.now()
    task = make_task(cast.us.first, status="running", lease_until=now + timedelta(minutes=1))
    shown = client.get(fix_page(task))
    assert "being asked about this row right now" in shown.content.decode()
    assert 'data-key="save"' not in shown.content.decode()
    answer = client.post(fix_page(task), typed(shown, action="save", name="Sara Khan"))
    assert answer.status_code == 409
    assert fields_of(answer)["name"].value == "Sara Khan"
    task.refresh_from_db()
    assert task.name == ""


# --- one row after the other --------------------------------------------------------------------


def test_save_and_next_walks_through_the_group_in_its_order(client: Client, cast: Cast) -> None:
    now = timezone.now()
    rows = [failed(cast.us.first, created_at=now - timedelta(hours=5 - i)) for i in range(3)]
    failed(cast.us.first, "timeout")
    failed(cast.us.first, payer="INS026")
    failed(cast.us.second)
    address = client.get(page("worklist_start", group=MISMATCH)).headers["Location"]
    for index, row in enumerate(rows):
        shown = client.get(address)
        assert shown.context["task"].pk == row.pk
        assert shown.context["left"] == len(rows) - index - 1
        button = "next" if shown.context["skip"] else "save"
        assert f'data-key="{button}"' in shown.content.decode()
        answer = client.post(address, typed(shown, action="next", name=f"Fixed {index}"))
        address = answer.headers["Location"]
    assert address == page("worklist")
    assert "the last row of this group" in said(answer)
    assert EligibilityTask.objects.filter(status="pending").count() == 3


def test_behind_the_last_row_come_those_that_were_skipped(client: Client, cast: Cast) -> None:
    now = timezone.now()
    first, last = (failed(cast.us.first, created_at=now - timedelta(hours=h)) for h in (2, 1))
    skipped = client.get(fix_page(first, group=MISMATCH)).context["skip"]
    assert str(last.pk) in skipped
    answer = client.post(skipped, typed(client.get(skipped), action="next", name="Fixed"))
    assert str(first.pk) in answer.headers["Location"]


def test_the_next_row_obeys_the_filters_of_the_list(client: Client, cast: Cast) -> None:
    now = timezone.now()
    failed(cast.us.first, created_at=now - timedelta(days=30))
    mine, other = failed(cast.us.first), failed(cast.us.first)
    shown = client.get(fix_page(mine, group=MISMATCH, since="today"))
    assert shown.context["left"] == 1
    answer = client.post(
        fix_page(mine, group=MISMATCH, since="today"), typed(shown, action="next", name="Fixed")
    )
    assert str(other.pk) in answer.headers["Location"]
    assert "since=today" in answer.headers["Location"]


def test_without_a_list_the_rows_of_the_same_group_follow(client: Client, cast: Cast) -> None:
    mine, other = failed(cast.us.first), failed(cast.us.first)
    answer = save(client, mine, action="next", name="Fixed")
    assert str(other.pk) in answer.headers["Location"]


# --- who may ------------------------------------------------------------------------------------


def test_a_viewer_can_neither_open_nor_forge_the_form(cast: Cast) -> None:
    task = failed(cast.us.first)
    client = enter(cast.us.viewer)
    assert client.get(fix_page(task)).status_code == 403
    assert client.post(fix_page(task), {"version": "1", "name": "x"}).status_code == 403
    task.refresh_from_db()
    assert task.name == NAME


def test_rows_of_other_clinics_and_teams_are_not_there(client: Client, cast: Cast) -> None:
    parent = failed(cast.us.first)
    for task in (
        failed(cast.us.second),
        failed(cast.them.first),
        failed(cast.us.first, parent=parent),
    ):
        assert client.get(fix_page(task)).status_code == 404
        assert client.post(fix_page(task), {"version": "1"}).status_code == 404


@pytest.mark.parametrize("version", ["", "0", "-1", "x", "9" * 30])
def test_a_forged_version_is_a_conflict_and_changes_nothing(
    client: Client, cast: Cast, version: str
) -> None:
    task = failed(cast.us.first)
    values = typed(client.get(fix_page(task)), name="Forged") | {"version": version}
    assert client.post(fix_page(task), values).status_code == 409
    task.refresh_from_db()
    assert task.name == NAME


def test_text_that_cannot_be_stored_is_an_error_at_its_field(client: Client, cast: Cast) -> None:
    answer = save(client, failed(cast.us.first), name="Sara\0Khan")
    assert answer.status_code == 200
    assert fields_of(answer)["name"].errors


def test_nothing_of_the_patient_is_logged_or_in_an_address(
    client: Client, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = save(client, failed(cast.us.first), action="next", name="Sentinel Sara")
    assert "Sentinel" not in caplog.text
    assert "784" not in answer.headers["Location"]
    assert "Sentinel" not in answer.headers["Location"]


def test_the_form_asks_the_database_as_often_in_a_long_group_as_in_a_short_one(
    client: Client, cast: Cast
) -> None:
    task, _ = failed(cast.us.first), failed(cast.us.first)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(fix_page(task, group=MISMATCH))
        return len(captured)

    queries()
    few = queries()
    for _ in range(10):
        failed(cast.us.first)
    assert queries() == few <= MOST_QUERIES


def test_a_payer_that_left_the_registry_does_not_break_the_form(client: Client, cast: Cast) -> None:
    task = failed(cast.us.first)
    Payer.objects.filter(code="TPA004").update(is_active=False)
    answer = client.get(fix_page(task))
    assert answer.status_code == 200
    assert fields_of(answer)["tpa_name"].errors
