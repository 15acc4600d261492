from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal import audit
from portal.keys import revoke_keys, rotate_key
from portal.models import ApiKey, AuditEvent, Verb
from tests.cast import Cast
from tests.factories import make_key
from tests.portal.admin.entering import context, enter, form_errors, said
from tests.portal.admin.test_keys import LIST, a_key, opens

DAY = {"overlap": "86400", "expires_at_0": "", "expires_at_1": ""}


pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(shared_cast: Cast) -> Cast:
    """Made once for all these tests, which change nothing of it."""
    return shared_cast


@pytest.fixture
def admin(cast: Cast) -> Client:
    return enter(cast.us.admin)


def page(key: ApiKey, name: str = "rotate") -> str:
    return reverse(f"admin:portal_apikey_{name}", args=[key.pk])


def pair(cast: Cast) -> tuple[ApiKey, ApiKey]:
    """A key and its successor, both alive."""
    old, _ = make_key(cast.us.first)
    rotation = rotate_key(
        key_id=old.pk, actor=audit.SYSTEM, overlap=timedelta(days=1), expires_at=None
    )
    assert rotation.key is not None
    old.refresh_from_db()
    return old, rotation.key


def buttons(client: Client, key: ApiKey) -> list[str]:
    actions = context(client.get(page(key, "change")))["actions_detail"]
    return [each["title"] for each in actions]


def test_no_label_of_the_form_points_at_nothing(admin: Client, cast: Cast) -> None:
    asked = admin.get(page(make_key(cast.us.first)[0])).content.decode()
    named = re.findall(r'<label for="([^"]*)"', asked)
    assert "id_overlap" in named
    assert set(named) <= set(re.findall(r' id="([^"]+)"', asked))


def test_replacing_asks_for_how_long_and_then_shows_the_new_key_once(
    admin: Client, cast: Cast
) -> None:
    old, old_text = make_key(cast.us.first)
    asked = admin.get(page(old)).content.decode()
    assert "The old key works for" in asked
    assert ApiKey.objects.filter(replaces=old).count() == 0
    shown = admin.post(page(old), DAY).content.decode()
    text = re.search(r"ep_[0-9a-f]{12}_[\w-]{43}", shown)
    assert text is not None
    assert opens(text[0])
    assert opens(old_text)
    new = ApiKey.objects.get(replaces=old)
    for address in (LIST, page(new, "change"), page(old, "change")):
        assert text[0].split("_", 2)[2] not in admin.get(address).content.decode()
    event = AuditEvent.objects.get(verb=Verb.ROTATED)
    assert event.actor_id == cast.us.admin.pk


def test_a_repeated_post_makes_no_third_key(admin: Client, cast: Cast) -> None:
    old, _ = make_key(cast.us.first)
    admin.post(page(old), DAY)
    assert "was replaced by" in said(admin.post(page(old), DAY))
    assert ApiKey.objects.filter(family=old.pk).count() == 2


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"overlap": "12"}, "overlap"),
        ({"overlap": "for ever"}, "overlap"),
        ({"expires_at_0": "2020-01-01", "expires_at_1": "00:00"}, "expires_at"),
    ],
)
def test_a_slip_is_shown_at_its_field(
    admin: Client, cast: Cast, fields: dict[str, Any], at: str
) -> None:
    old, _ = make_key(cast.us.first)
    answer = admin.post(page(old), DAY | fields)
    assert at in context(answer)["form"].errors
    assert not ApiKey.objects.filter(replaces=old).exists()


def test_a_key_and_the_one_it_replaces_are_one_row_of_the_list(admin: Client, cast: Cast) -> None:
    old, new = pair(cast)
    found = context(admin.get(LIST, {"q": old.public_id}))["cl"].result_list
    assert [key.pk for key in found] == [new.pk]
    text = admin.get(LIST).content.decode()
    assert "old key until" in text
    assert page(old, "change") not in text


def test_each_page_of_a_pair_leads_to_the_other(admin: Client, cast: Cast) -> None:
    old, new = pair(cast)
    assert page(old, "change") in admin.get(page(new, "change")).content.decode()
    assert page(new, "change") in admin.get(page(old, "change")).content.decode()
    assert buttons(admin, new) == ["Revoke"]
    assert buttons(admin, old) == ["Revoke"]
    ApiKey.objects.filter(pk=old.pk).update(expires_at=timezone.now())
    assert buttons(admin, new) == ["Replace", "Revoke"]


def test_revoking_the_pair_says_first_that_both_end(admin: Client, cast: Cast) -> None:
    old, new = pair(cast)
    question = admin.get(page(new, "revoke")).content.decode()
    assert f"is revoked with it: {old.public_id}" in question
    assert said(admin.post(page(new, "revoke"), {"confirmed": "1"})) == "2 keys revoked."
    assert not ApiKey.objects.live().filter(family=old.pk).exists()


def test_the_old_key_alone_can_be_ended_early(admin: Client, cast: Cast) -> None:
    old, new = pair(cast)
    assert said(admin.post(page(old, "revoke"), {"confirmed": "1"})) == "1 key revoked."
    assert list(ApiKey.objects.live().filter(family=old.pk)) == [new]


def test_what_changes_on_the_key_changes_on_the_one_it_replaces(admin: Client, cast: Cast) -> None:
    old, new = pair(cast)
    narrower = a_key(cast, scopes=["records:read"], name="Reader")
    assert "in the same way" in said(admin.post(page(new, "change"), narrower))
    for key in (old, new):
        key.refresh_from_db()
        assert (key.name, key.scopes) == ("Reader", ["records:read"])


def test_of_the_old_key_only_its_end_can_be_moved_and_never_taken_away(
    admin: Client, cast: Cast
) -> None:
    old, _ = pair(cast)
    day = (timezone.now() + timedelta(days=9)).date().isoformat()
    longer = a_key(cast, name="Mine", expires_at_0=day, expires_at_1="00:00")
    assert admin.post(page(old, "change"), longer).status_code == 302
    old.refresh_from_db()
    assert old.expires_at is not None
    assert old.expires_at > timezone.now() + timedelta(days=7)
    assert old.name == "key for tests"
    assert "expires_at" in form_errors(admin.post(page(old, "change"), a_key(cast)))
    ApiKey.objects.filter(pk=old.pk).update(expires_at=timezone.now())
    assert admin.post(page(old, "change"), longer).status_code == 403


def test_a_revoked_successor_leaves_the_old_key_in_the_list(admin: Client, cast: Cast) -> None:
    old, new = pair(cast)
    keys = ApiKey.objects.filter(pk=new.pk)
    revoke_keys(keys=keys, actor=audit.SYSTEM, only=True)
    found = {key.pk for key in context(admin.get(LIST))["cl"].result_list}
    assert {old.pk, new.pk} <= found


def test_only_admins_of_the_team_replace_its_keys(cast: Cast) -> None:
    old, _ = make_key(cast.us.first)
    assert enter(cast.us.supervisor).post(page(old), DAY).status_code == 403
    assert enter(cast.them.admin).post(page(old), DAY).status_code == 404
    assert not ApiKey.objects.filter(replaces=old).exists()


def test_the_list_asks_the_database_as_often_for_many_pairs(admin: Client, cast: Cast) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            admin.get(LIST)
        return len(asked)

    pair(cast)
    queries()
    few = queries()
    for _ in range(4):
        pair(cast)
    assert queries() == few
