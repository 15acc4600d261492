from __future__ import annotations

import uuid

import pytest
import structlog
from django.db import DatabaseError, connection, transaction

from portal import audit
from portal.audit import Target
from portal.audit_values import HIDDEN, difference, masked, snapshot
from portal.models import ActorKind, AuditEvent, Verb
from tests.cast import Cast


def test_an_event_says_who_did_what_to_which_row_and_in_which_request(cast: Cast) -> None:
    clinic = cast.us.first
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        audit.record(
            verb=Verb.CHANGED,
            actor=audit.of_user(cast.us.admin),
            obj=clinic,
            changes={"name": ("Old", "New")},
        )
    event = AuditEvent.objects.get()
    assert (event.actor_kind, event.actor_id) == (ActorKind.USER, cast.us.admin.pk)
    assert event.actor_name == cast.us.admin.username
    assert (event.verb, event.object_kind) == (Verb.CHANGED, "portal.clinic")
    assert (event.object_id, event.object_name) == (str(clinic.pk), clinic.name)
    assert (event.team_id, event.clinic_id) == (cast.us.team.pk, clinic.pk)
    assert event.changes == {"name": ["Old", "New"]}
    assert event.request_id == "r-1"


def test_a_bulk_change_is_one_insert_with_an_event_for_each_row(
    cast: Cast, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    targets = [Target(kind="eligibility.task", id=str(uuid.uuid4())) for _ in range(40)]
    actor = audit.of_user(cast.us.operator)
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert audit.record_many(verb=Verb.RERUN, actor=actor, targets=targets) == 40
    assert AuditEvent.objects.filter(verb=Verb.RERUN, team=cast.us.team).count() == 40


def test_an_id_alone_finds_the_person_the_key_or_nobody(cast: Cast) -> None:
    key = cast.us.team.api_keys.all()[0]
    assert audit.find_actor(cast.us.viewer.pk).kind == ActorKind.USER
    assert audit.find_actor(key.pk) == audit.Actor(ActorKind.KEY, key.pk, str(key), key.team_id)
    assert audit.find_actor("0" * 24).kind == ActorKind.SYSTEM


def test_an_event_falls_with_the_transaction_that_did_the_deed(cast: Cast) -> None:
    with transaction.atomic():
        audit.record(verb=Verb.EXPORTED, actor=audit.SYSTEM, details={"rows": 3})
        transaction.set_rollback(True)
    assert not AuditEvent.objects.exists()


def test_an_event_can_neither_be_changed_nor_deleted_through_django(cast: Cast) -> None:
    audit.record(verb=Verb.EXPORTED, actor=audit.SYSTEM)
    with pytest.raises(TypeError):
        AuditEvent.objects.all().update(verb="nothing")
    with pytest.raises(TypeError):
        AuditEvent.objects.all().delete()
    event = AuditEvent.objects.get()
    with pytest.raises(TypeError):
        event.delete()
    event.verb = "nothing"
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        event.save()
    assert AuditEvent.objects.get().verb == Verb.EXPORTED


def test_the_database_itself_refuses_to_change_an_event(cast: Cast) -> None:
    audit.record(verb=Verb.EXPORTED, actor=audit.SYSTEM)
    with (
        pytest.raises(DatabaseError, match="never changed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE portal_auditevent SET actor_name = 'somebody else'")


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("password", "hunter2", HIDDEN),
        ("secret_digest", "abc", HIDDEN),
        ("client_secret", "abc", HIDDEN),
        ("id_value", "784-1986-9027382-9", HIDDEN + "3829"),
        ("phone", "+971501234567", HIDDEN + "4567"),
        ("dob", "1986-04-01", HIDDEN),
        ("password", "", ""),
        ("id_value", None, None),
        ("name", "Palm Marina", "Palm Marina"),
        ("settings", {"api_token": "abc", "pace": 2}, {"api_token": HIDDEN, "pace": 2}),
    ],
)
def test_secrets_and_what_identifies_a_patient_are_masked(
    name: str, value: object, kept: object
) -> None:
    assert masked(name, value) == kept


def test_a_very_long_value_is_cut() -> None:
    assert len(masked("note", "x" * 10_000)) < 2_100


def test_two_snapshots_differ_in_what_changed_only(cast: Cast) -> None:
    clinic = cast.us.first
    before = snapshot(clinic)
    clinic.timezone = "Asia/Muscat"
    assert difference(before, snapshot(clinic)) == {"timezone": ("Asia/Dubai", "Asia/Muscat")}
