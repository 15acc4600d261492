"""Keys are issued, replaced with an overlap, and revoked, each with its event."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from portal import audit, quotas
from portal.keys import LONGEST_OVERLAP, Rotation, issue_key, revoke_keys, rotate_key, share_rights
from portal.models import ApiKey, AuditEvent, Scope, Verb
from tests.at_once import at_once
from tests.factories import make_clinic, make_key, make_portal

LAST_FIVE = "/v2/api-integration/last-5-tasks"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ACTOR = audit.command("tests")

pytestmark = pytest.mark.django_db


def status(text: str) -> int:
    """What a call with this key comes to."""
    return Client().get(LAST_FIVE, headers={"x-api-key": text}).status_code


def rotate(key: ApiKey, *, overlap: timedelta = DAY, expires_at: Any = None) -> Rotation:
    return rotate_key(key_id=key.pk, actor=ACTOR, overlap=overlap, expires_at=expires_at)


def successor(key: ApiKey, **how: Any) -> tuple[ApiKey, str]:
    rotation = rotate(key, **how)
    assert rotation.key is not None, rotation.refused
    return rotation.key, rotation.text


def end_now(key: ApiKey) -> None:
    ApiKey.objects.filter(pk=key.pk).update(expires_at=timezone.now())


class TestRotation:
    def test_both_keys_work_until_the_overlap_is_over(self) -> None:
        old, old_text = make_key()
        _, new_text = successor(old, overlap=HOUR)
        assert (status(old_text), status(new_text)) == (200, 200)
        old.refresh_from_db()
        assert old.expires_at is not None
        assert timedelta(minutes=59) < old.expires_at - timezone.now() <= HOUR
        end_now(old)
        assert (status(old_text), status(new_text)) == (401, 200)

    def test_the_successor_may_do_the_same_for_the_same_clinics(self) -> None:
        clinic = make_clinic()
        old, _ = make_key(clinic, make_clinic(clinic.team), scopes=[Scope.RECORDS_READ])
        new, _ = successor(old)
        assert (new.team, new.name, new.scopes) == (old.team, old.name, old.scopes)
        assert set(new.clinics.all()) == set(old.clinics.all())
        assert (new.replaces, new.family) == (old, old.pk)

    def test_without_an_overlap_the_old_key_stops_at_once(self) -> None:
        old, text = make_key()
        successor(old, overlap=timedelta(0))
        assert status(text) == 401

    def test_an_old_key_never_lives_longer_for_being_replaced(self) -> None:
        end = timezone.now() + HOUR
        old, _ = make_key(expires_at=end)
        assert rotate(old, overlap=DAY).old_ends == end

    @pytest.mark.parametrize("overlap", [-HOUR, LONGEST_OVERLAP + HOUR])
    def test_an_overlap_out_of_bounds_is_a_mistake_of_the_caller(self, overlap: timedelta) -> None:
        old, _ = make_key()
        with pytest.raises(ValueError, match="overlap"):
            rotate(old, overlap=overlap)
        assert ApiKey.objects.count() == 1

    def test_a_key_that_is_dead_or_replaced_gets_no_successor(self) -> None:
        revoked, ended, old = (make_key()[0] for _ in range(3))
        revoke_keys(keys=ApiKey.objects.filter(pk=revoked.pk), actor=ACTOR)
        end_now(ended)
        new, _ = successor(old)
        assert "was revoked" in rotate(revoked).refused
        assert "has ended" in rotate(ended).refused
        assert f"was replaced by {new.public_id}" in rotate(old).refused
        assert ApiKey.objects.count() == 4

    def test_a_family_never_has_three_live_keys(self) -> None:
        first, _ = make_key()
        second, _ = successor(first)
        assert f"Key {first.public_id}" in rotate(second).refused
        end_now(first)
        third, _ = successor(second)
        assert third.family == first.pk
        assert ApiKey.objects.live().filter(family=first.pk).count() == 2

    def test_a_key_whose_successor_was_revoked_can_be_replaced_again(self) -> None:
        old, _ = make_key()
        leaked, _ = successor(old)
        revoke_keys(keys=ApiKey.objects.filter(pk=leaked.pk), actor=ACTOR, only=True)
        assert successor(old)[0].replaces == old

    def test_the_log_says_who_replaced_what_and_no_secret(self) -> None:
        old, _ = make_key()
        new, text = successor(old)
        rotated = AuditEvent.objects.get(verb=Verb.ROTATED)
        made = AuditEvent.objects.get(verb=Verb.CREATED)
        assert (rotated.object_id, rotated.details) == (old.pk, {"successor": new.public_id})
        assert (made.object_id, made.changes["replaces"]) == (new.pk, [None, old.pk])
        secret = text.split("_", 2)[2]
        assert secret not in str(made.changes)
        assert new.secret_digest not in str(made.changes)


class TestRevoking:
    def test_revoking_a_key_takes_the_one_it_replaced_along(self) -> None:
        old, old_text = make_key()
        new, new_text = successor(old)
        assert revoke_keys(keys=ApiKey.objects.filter(pk=new.pk), actor=ACTOR) == 2
        assert (status(old_text), status(new_text)) == (401, 401)
        assert AuditEvent.objects.filter(verb=Verb.REVOKED).count() == 2

    def test_revoking_the_old_key_leaves_its_successor(self) -> None:
        old, old_text = make_key()
        _, new_text = successor(old)
        assert revoke_keys(keys=ApiKey.objects.filter(pk=old.pk), actor=ACTOR) == 1
        assert (status(old_text), status(new_text)) == (401, 200)

    def test_only_the_new_key_can_be_revoked(self) -> None:
        old, old_text = make_key()
        new, new_text = successor(old)
        assert revoke_keys(keys=ApiKey.objects.filter(pk=new.pk), actor=ACTOR, only=True) == 1
        assert (status(old_text), status(new_text)) == (200, 401)


def test_what_a_key_may_do_is_shared_with_the_one_that_it_replaces() -> None:
    clinic = make_clinic()
    old, _ = make_key(clinic)
    new, _ = successor(old)
    ApiKey.objects.filter(pk=new.pk).update(scopes=[Scope.RECORDS_READ])
    new.refresh_from_db()
    assert (share_rights(key=new, actor=ACTOR), share_rights(key=new, actor=ACTOR)) == (1, 0)
    old.refresh_from_db()
    assert old.scopes == [Scope.RECORDS_READ]
    assert list(AuditEvent.objects.get(verb=Verb.CHANGED).changes) == ["scopes"]


def test_issuing_a_key_leaves_an_event() -> None:
    clinic = make_clinic()
    key, text = issue_key(
        team=clinic.team, name="n", scopes=[Scope.RECORDS_READ], clinics=[clinic], actor=ACTOR
    )
    event = AuditEvent.objects.get(verb=Verb.CREATED)
    assert (event.object_id, event.actor_name) == (key.pk, "tests")
    assert ApiKey.objects.find(text) == key


def test_a_replaced_key_and_its_successor_share_one_quota(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.QUOTA_SECONDS, settings.QUOTA_CALLS_OF_KEY = 10**9, 3
    monkeypatch.setattr(quotas, "_files", {})
    _, old_text = make_portal()
    _, new_text = successor(ApiKey.objects.get())
    answers = [status(text) for text in (old_text, new_text, old_text, new_text, old_text)]
    for each in quotas._files.values():
        each._file.close()
    assert answers == [200, 200, 200, 429, 429]


@pytest.mark.django_db(transaction=True)
def test_of_two_rotations_at_once_one_makes_a_key() -> None:
    old, _ = make_key()

    refusals = sorted(at_once(*[lambda: rotate(old).refused] * 2))
    assert refusals[0] == ""
    assert "was replaced by" in refusals[1]
    assert ApiKey.objects.count() == 2
