"""The audit log in words: what was changed, on which row, and the way to it."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from eligibility.models import Batch, Connection, Payer
from portal import audit
from portal.admin.audit_kinds import fact_words, field_words, kind_of, object_words, value_words
from portal.models import AuditEvent, Clinic, Submission, User, Verb
from tests.cast import Cast
from tests.factories import make_task
from tests.portal.admin.entering import enter

LIST = "/admin/portal/auditevent/"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@pytest.fixture
def admin(cast: Cast) -> Client:
    return enter(cast.us.admin)


def read(page: str) -> str:
    """What a person reads of the list or the entry."""
    main = page[page.index('id="content"') :]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def link(kind: str, row: object) -> str:
    return f'href="{reverse(f"admin:{kind}_change", args=[row.pk])}"'  # type: ignore[attr-defined]


def the_entry(admin: Client) -> str:
    event = AuditEvent.objects.get()
    return admin.get(reverse("admin:portal_auditevent_change", args=[event.pk])).content.decode()


def test_rows_are_called_what_staff_call_them_and_lead_to_their_pages(
    admin: Client, cast: Cast
) -> None:
    who, clinic = audit.of_user(cast.us.operator), cast.us.first
    batch = Batch.objects.create(team=cast.us.team, clinic=clinic)
    task = make_task(clinic, batch=batch, name="Sentinel Person")
    lane = Connection.objects.filter(team=cast.us.team).first()
    assert lane is not None
    for row in (batch, task, lane, clinic, cast.us.viewer):
        audit.record(verb=Verb.CHANGED, actor=who, obj=row)
    page = admin.get(LIST).content.decode()
    words = read(page)
    assert f"Check …{str(task.pk)[-8:]}" in words
    assert f"Batch …{str(batch.pk)[-8:]}" in words
    assert f"Connection {lane.name}" in words
    assert f"Clinic {clinic.name}" in words
    assert UUID.search(words) is None
    assert "Sentinel" not in page
    assert link("eligibility_eligibilitytask", task) in page
    assert link("eligibility_batch", batch) in page
    assert link("eligibility_connection", lane) in page
    assert link("portal_clinic", clinic) in page
    assert link("portal_user", cast.us.viewer) in page


def test_a_list_that_was_brought_in_leads_to_its_batch(admin: Client, cast: Cast) -> None:
    team, clinic = cast.us.team, cast.us.first
    submission = Submission.objects.create(
        team=team,
        clinic=clinic,
        kind="eligibility.tasks",
        source="file",
        total_rows=3,
        accepted_rows=3,
        rejected_rows=0,
    )
    batch = Batch.objects.create(team=team, clinic=clinic, submission=submission)
    audit.record(
        verb=Verb.IMPORTED,
        actor=audit.command("import_tasks"),
        obj=submission,
        details={"first_rows": 3, "scheduled_for": "2026-11-24T05:30:00Z"},
    )
    page = admin.get(LIST).content.decode()
    assert link("eligibility_batch", batch) in page
    assert "Command: import_tasks" in read(page)
    words = read(the_entry(admin))
    assert "Rows in the first part 3" in words
    assert "24 Nov 2026, 09:30" in words
    assert "eligibility.tasks" not in words


def test_what_the_reader_may_not_see_or_what_is_gone_is_no_link(admin: Client, cast: Cast) -> None:
    who, third = (
        audit.of_user(cast.us.operator),
        Clinic.objects.create(team=cast.us.team, name="Third"),
    )
    hidden = make_task(third)
    gone = User.objects.create(username="gone", team=cast.us.team)
    audit.record(verb=Verb.FIXED, actor=who, obj=hidden)
    audit.record(verb=Verb.CHANGED, actor=who, obj=gone)
    gone.delete()
    page = admin.get(LIST).content.decode()
    assert f"Check …{str(hidden.pk)[-8:]}" in read(page)
    assert "User gone" in read(page)
    assert str(hidden.pk) not in page
    assert f"/user/{gone.pk}" not in page


def test_an_entry_of_an_unknown_kind_or_id_breaks_nothing(admin: Client, cast: Cast) -> None:
    who = audit.of_user(cast.us.admin)
    targets = [
        audit.Target("records.record", "17", "line 3", cast.us.team.pk),
        audit.Target("eligibility.batch", "no id", "", cast.us.team.pk),
        audit.Target("eligibility.payer", "999999999", "Old payer", cast.us.team.pk),
    ]
    audit.record_many(verb=Verb.CHANGED, actor=who, targets=targets)
    words = read(admin.get(LIST).content.decode())
    assert "Record line 3" in words
    assert "Payer Old payer" in words


def test_links_cost_one_query_however_many_kinds_are_named(admin: Client, cast: Cast) -> None:
    who = audit.of_user(cast.us.operator)
    audit.record(verb=Verb.CHANGED, actor=who, obj=cast.us.first)
    admin.get(LIST)
    with CaptureQueriesContext(connection) as for_one:
        admin.get(LIST)
    lane = Connection.objects.filter(team=cast.us.team).first()
    for row in (make_task(cast.us.first), lane, cast.us.viewer, Payer.objects.first()):
        audit.record(verb=Verb.CHANGED, actor=who, obj=row)
    with CaptureQueriesContext(connection) as for_many:
        admin.get(LIST)
    assert len(for_many) == len(for_one)


def test_before_and_after_are_in_the_words_of_the_forms(admin: Client, cast: Cast) -> None:
    payer = Payer.objects.get(code="TPA002")
    rule = {"field": "phone", "when": {"visit_type": ["MATERNITY"]}}
    changes = {
        "id_types": (["EMIRATESID"], ["EMIRATESID", "PASSPORT"]),
        "requires": ([], [rule]),
        "is_active": (True, False),
    }
    audit.record(
        verb=Verb.CHANGED, actor=audit.of_user(cast.us.supervisor), obj=payer, changes=changes
    )
    words = read(admin.get(LIST).content.decode())
    assert "Takes these identifiers" in words
    entry = read(the_entry(admin))
    assert "Emirates ID" in entry
    assert "Phone when the visit type is Maternity" in entry
    assert "In use Yes No" in entry


def test_keys_of_other_rows_are_shown_by_name(admin: Client, cast: Cast) -> None:
    lane, payer = Connection.objects.filter(team=cast.us.team).first(), Payer.objects.first()
    assert lane is not None
    assert payer is not None
    changes = {"payer": (None, payer.pk), "deadline": (5.0, 8.0)}
    audit.record(verb=Verb.CREATED, actor=audit.of_user(cast.us.admin), obj=lane, changes=changes)
    words = read(the_entry(admin))
    assert f"– {payer}" in words
    assert "Wait for an answer (seconds) 5.0 8.0" in words


def test_kinds_fields_and_values_have_words() -> None:
    assert kind_of("eligibility.eligibilitytask").word == "Check"
    assert kind_of("portal.rejectedrow").word == "Row not accepted"
    assert field_words("eligibility.connection", "max_in_flight") == "Questions at the same time"
    assert field_words("portal.apikey", "expires_at") == "Ends"
    assert field_words("records.record", "first_name") == "First name"
    assert value_words("portal.user", "role", "supervisor").startswith("Supervisor")
    assert value_words("portal.apikey", "scopes", []) == "–"
    assert object_words(AuditEvent(verb="signed_in")) == ""
    fixed = fact_words("eligibility.eligibilitytask", "fields", ["dob", "name"])
    assert fixed == ("Corrected fields", "Date of birth, Patient's name")
