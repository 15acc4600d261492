from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal import audit
from portal.admin.audit_log import LOOKS
from portal.models import AuditEvent, Verb
from tests.cast import Cast
from tests.portal.admin.entering import context, enter

LIST = "/admin/portal/auditevent/"


@pytest.fixture
def admin(cast: Cast) -> Client:
    client = enter(cast.us.admin)
    client.get(LIST)
    return client


def verbs(client: Client, **query: str) -> list[str]:
    answer = client.get(LIST, query)
    return [event.verb for event in context(answer)["cl"].result_list]


def test_the_newest_comes_first_and_says_who_and_what(admin: Client, cast: Cast) -> None:
    audit.record(verb=Verb.FIXED, actor=audit.of_user(cast.us.operator), obj=cast.us.first)
    audit.record(verb=Verb.EXPORTED, actor=audit.of_user(cast.us.supervisor))
    assert verbs(admin) == [Verb.EXPORTED, Verb.FIXED]
    page = admin.get(LIST).content.decode()
    assert "Exported" in page
    assert cast.us.operator.username in page
    assert f"Clinic {cast.us.first.name}" in page


def test_it_is_filtered_by_deed_person_and_time(admin: Client, cast: Cast) -> None:
    long_ago = timezone.now() - timedelta(days=20)
    with time_machine.travel(long_ago, tick=False):
        audit.record(verb=Verb.REVEALED, actor=audit.of_user(cast.us.operator))
    audit.record(verb=Verb.FIXED, actor=audit.of_user(cast.us.supervisor))
    assert verbs(admin, verb="fixed") == [Verb.FIXED]
    assert verbs(admin, actor=cast.us.operator.pk) == [Verb.REVEALED]
    assert verbs(admin, days="7") == [Verb.FIXED]
    assert set(verbs(admin, days="30")) == {Verb.FIXED, Verb.REVEALED}
    assert set(verbs(admin, days="x")) == {Verb.FIXED, Verb.REVEALED}


def test_it_is_searched_by_name_and_request(admin: Client, cast: Cast) -> None:
    audit.record(verb=Verb.CHANGED, actor=audit.of_user(cast.us.admin), obj=cast.us.second)
    assert verbs(admin, q="Deira") == [Verb.CHANGED]
    assert verbs(admin, q="nothing like it") == []


def test_before_and_after_are_shown_and_escaped(admin: Client, cast: Cast) -> None:
    changes = {"name": ("<b>old</b>", ["a", "b"]), "is_active": (True, None)}
    audit.record(
        verb=Verb.CHANGED,
        actor=audit.of_user(cast.us.admin),
        obj=cast.us.first,
        changes=changes,
        details={"rows": 3},
    )
    event = AuditEvent.objects.get()
    page = admin.get(reverse("admin:portal_auditevent_change", args=[event.pk])).content.decode()
    assert "&lt;b&gt;old&lt;/b&gt;" in page
    assert "a, b" in page
    assert "<dt>Rows</dt><dd>3</dd>" in page


def test_nobody_adds_changes_or_deletes_an_entry(admin: Client, cast: Cast) -> None:
    audit.record(verb=Verb.FIXED, actor=audit.of_user(cast.us.operator))
    event = AuditEvent.objects.get()
    for page in ("change", "delete"):
        address = reverse(f"admin:portal_auditevent_{page}", args=[event.pk])
        assert admin.post(address, {"verb": "created", "post": "yes"}).status_code == 403
    assert admin.post(reverse("admin:portal_auditevent_add"), {}).status_code == 403
    assert AuditEvent.objects.get() == event


def test_every_verb_has_a_look() -> None:
    assert set(LOOKS) == set(Verb)
