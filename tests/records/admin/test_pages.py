"""The pages of practitioner records: list, record, form, history."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.models import AuditEvent, Role, Verb
from records.models import RecordChange, ResourceRecord
from records.operations import By, update_record
from tests.cast import Cast
from tests.records.making import ATHENA, ME, create, make_integration, row

pytestmark = pytest.mark.django_db

LIST = "/admin/records/"
MOST_QUERIES = 12


@pytest.fixture
def desk(cast: Cast, client: Client) -> Client:
    """The browser of an operator."""
    client.force_login(cast.us.operator)
    return client


@pytest.fixture
def boss(cast: Cast, client: Client) -> Client:
    """The browser of a supervisor."""
    client.force_login(cast.us.supervisor)
    return client


def make(cast: Cast, logical_id: str = "A", **said: Any) -> ResourceRecord:
    """A record of ours."""
    create(cast.us.team, row(logical_id, **said))
    return ResourceRecord.objects.get(logical_id=logical_id)


def text_of(answer: Any) -> str:
    """What the page says, messages included."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", answer.content.decode())).split())


def names(answer: Any) -> list[str]:
    """The practitioners that the list shows."""
    return [line.name for line in answer.context["lines"]]


def page_of(record: ResourceRecord, more: str = "") -> str:
    """The record's page."""
    return f"/admin/records/{record.pk}/{more}"


def typed(answer: Any, **changes: str) -> dict[str, str]:
    """What a browser sends back: the form as it was shown, with these changes."""
    values = {"version": str(answer.context["version"])}
    for field in answer.context["form"].fields:
        kind, pointer = field.spec.kind.value, field.spec.pointer
        if kind == "hours":
            values |= {name: text for name, _, text in field.days}
        elif kind == "table":
            values[f"{pointer}/rows"] = str(len(field.rows))
            values |= {name: text for line in field.rows for name, _, text, _ in line}
        else:
            values[pointer] = field.value
    return values | changes


@pytest.mark.parametrize(
    "term", ["amna", "AMNA HADDAD", "haddád", "12345678", "P-77", "LOGICAL-7", "pk"]
)
def test_a_search_finds_a_record_by_everything_people_type(
    cast: Cast, desk: Client, term: str
) -> None:
    wanted = make(cast, "LOGICAL-7", id="P-77")
    make(cast, "B", name="Somebody Else", npi="1679576722", id="P-2")
    found = desk.get(LIST, {"q": wanted.pk if term == "pk" else term})
    assert names(found) == ["Dr. Amna Haddad"]


def test_filters_narrow_the_list_and_can_be_taken_away(cast: Cast, desk: Client) -> None:
    make_integration(cast.us.team)
    make(cast, "A")
    make(cast, "B", name="Away", status="inactive", npi=None)
    create(cast.us.team, row("C", ATHENA, name="Mirrored", languages=["English"]))
    assert names(desk.get(LIST, {"status": "inactive"})) == ["Away"]
    assert names(desk.get(LIST, {"integration": ATHENA})) == ["Mirrored"]
    assert names(desk.get(LIST, {"integration": "none"})) == ["Away", "Dr. Amna Haddad"]
    assert "Mirrored" in names(desk.get(LIST, {"warnings": "yes"}))
    assert names(desk.get(LIST, {"warnings": "no"})) == ["Away", "Dr. Amna Haddad"]
    assert len(names(desk.get(LIST, {"specialty": "207q00000x"}))) == 3
    assert len(names(desk.get(LIST, {"type": "practitioners"}))) == 3
    assert names(desk.get(LIST, {"type": "rooms"})) == []
    answer = desk.get(LIST, {"status": "inactive", "q": "away"})
    assert [chip["title"] for chip in answer.context["chips"]] == ["Search", "Status"]


def test_a_list_and_a_record_cost_the_same_few_queries_however_many_there_are(
    cast: Cast, desk: Client
) -> None:
    record = make(cast, "A")
    desk.get(LIST)
    with CaptureQueriesContext(
        connection,
    ) as few:
        desk.get(LIST)
    create(cast.us.team, *(row(f"X{n}", name=f"Dr. {n}") for n in range(60)))
    with CaptureQueriesContext(connection) as many:
        assert len(names(desk.get(LIST))) == 50
    assert len(few) == len(many) <= MOST_QUERIES
    with CaptureQueriesContext(connection) as one:
        desk.get(page_of(record))
    assert len(one) <= MOST_QUERIES


def test_a_record_shows_its_week_specialties_warnings_and_history(cast: Cast, desk: Client) -> None:
    record = make(cast, "A", languages=["English", "ar"], supervisorId=None)
    by = By(cast.us.team, cast.us.operator.pk, source="form")
    update_record(by=by, record_id=record.pk, changes={"config": {"name": "Dr. A. Haddad"}})
    answer = desk.get(page_of(record))
    text = text_of(answer)
    assert "Monday 09:00–17:00" in text
    assert "207Q00000X" in text
    assert "A language is not written as a tag" in text
    assert "Arabic" in text
    assert "Dr. Amna Haddad" in text
    assert "Dr. A. Haddad" in text
    told = answer.context["history"]
    assert [each.word for each in told] == ["Changed", "Created"]
    assert told[0].differences == [("Name", "Dr. Amna Haddad", "Dr. A. Haddad")]
    assert [(bar.x, bar.width) for bar in answer.context["week"][0].bars] == [(540, 480)]


def test_records_of_another_team_are_nowhere(cast: Cast, client: Client) -> None:
    record = make(cast, "A")
    client.force_login(cast.them.admin)
    assert names(client.get(LIST)) == []
    for more in ("", "change/", "delete/"):
        assert client.get(page_of(record, more)).status_code == 404
    assert client.post(page_of(record, "delete/"), {"confirmed": "1"}).status_code == 404


def test_a_form_saves_what_was_typed_and_leaves_the_rest(cast: Cast, desk: Client) -> None:
    record = make(cast, "A")
    before = record.config
    form = desk.get(page_of(record, "change/"))
    answer = desk.post(
        page_of(record, "change/"),
        typed(
            form,
            **{
                "/config/name": "Dr. A. Haddad",
                "/config/workingHours/tue": "09:00-12:30, 13:30-17:00",
                "/config/languages": "en\nfr",
                "/config/locations/1/locationName": "Deira",
            },
        ),
        follow=True,
    )
    record.refresh_from_db()
    assert "Saved" in text_of(answer)
    assert record.config["name"] == "Dr. A. Haddad"
    assert record.config["workingHours"]["tue"] == [
        {"start": "09:00", "end": "12:30"},
        {"start": "13:30", "end": "17:00"},
    ]
    assert record.config["languages"] == ["en", "fr"]
    assert [each["locationName"] for each in record.config["locations"]] == ["Marina", "Deira"]
    same = ("npi", "gender", "specialties", "education", "preferred_visiting_reasons")
    assert {name: record.config[name] for name in same} == {name: before[name] for name in same}
    change = RecordChange.objects.get(change="updated")
    assert (change.actor, change.source) == (cast.us.operator.pk, "form")


def test_a_form_that_was_left_as_it_is_changes_nothing(cast: Cast, desk: Client) -> None:
    record = make(cast, "A", locations=[], languages=None)
    form = desk.get(page_of(record, "change/"))
    answer = desk.post(page_of(record, "change/"), typed(form), follow=True)
    assert "Nothing was changed." in text_of(answer)
    assert RecordChange.objects.count() == 1


def test_a_form_that_somebody_overtook_keeps_what_was_typed(cast: Cast, desk: Client) -> None:
    record = make(cast, "A")
    form = desk.get(page_of(record, "change/"))
    by = By(cast.us.team, ME)
    update_record(by=by, record_id=record.pk, changes={"config": {"gender": "male"}})
    sent = typed(form, **{"/config/name": "Typed"})
    answer = desk.post(page_of(record, "change/"), sent)
    assert answer.status_code == 409
    assert "Somebody else has changed this record" in text_of(answer)
    assert 'value="Typed"' in answer.content.decode()
    record.refresh_from_db()
    assert (record.config["name"], record.config["gender"]) == ("Dr. Amna Haddad", "male")


def test_a_wrong_value_is_marked_at_its_field_and_nothing_is_saved(
    cast: Cast, desk: Client
) -> None:
    record = make(cast, "A")
    form = desk.get(page_of(record, "change/"))
    sent = typed(form, **{"/config/supervisorId": "nobody"})
    answer = desk.post(page_of(record, "change/"), sent)
    first = answer.context["form"].first[0]
    assert (first.spec.name, bool(first.errors)) == ("supervisorId", True)
    record.refresh_from_db()
    assert record.version == 1


def test_a_suggestion_is_taken_with_one_click(cast: Cast, desk: Client) -> None:
    record = make(cast, "A", languages=["English"])
    form = desk.get(page_of(record, "change/"))
    note = form.context["form"].first[0].warnings[0]
    answer = desk.post(page_of(record, "change/"), typed(form) | {"use": note.token})
    languages = next(f for f in answer.context["form"].fields if f.spec.name == "languages")
    assert languages.value == "en"
    assert not languages.warnings


def test_a_new_practitioner_is_made_by_the_form(cast: Cast, desk: Client) -> None:
    form = desk.get("/admin/records/new/")
    bad = typed(form, **{"/config/name": "Dr. New", "/config/supervisorId": "x"})
    assert "One thing is to be corrected." in text_of(desk.post("/admin/records/new/", bad))
    assert not ResourceRecord.objects.exists()
    good = typed(form, **{"/config/name": "Dr. New", "/logicalId": "N-1"})
    answer = desk.post("/admin/records/new/", good, follow=True)
    assert "Saved." in text_of(answer)
    record = ResourceRecord.objects.get()
    assert (record.config["name"], record.logical_id) == ("Dr. New", "N-1")


def test_only_supervisors_delete_and_the_history_stays(cast: Cast, desk: Client) -> None:
    record = make(cast, "A")
    url = page_of(record, "delete/")
    assert desk.get(url).status_code == 403
    assert desk.post(url, {"confirmed": "1", "version": "1"}).status_code == 403
    assert "Delete" not in text_of(desk.get(page_of(record)))
    desk.force_login(cast.us.supervisor)
    assert "Delete Dr. Amna Haddad?" in text_of(desk.get(url))
    stale = desk.post(url, {"confirmed": "1", "version": "7"}, follow=True)
    assert "Somebody has changed the record meanwhile" in text_of(stale)
    answer = desk.post(url, {"confirmed": "1", "version": "1"}, follow=True)
    assert "Deleted." in text_of(answer)
    assert not ResourceRecord.objects.exists()
    gone = text_of(desk.get(page_of(record)))
    assert "This record has been deleted." in gone
    assert AuditEvent.objects.filter(verb=Verb.DELETED).count() == 1


def test_a_viewer_sees_records_and_changes_none(cast: Cast, client: Client) -> None:
    record = make(cast, "A")
    client.force_login(cast.us.people[Role.VIEWER])
    assert names(client.get(LIST)) == ["Dr. Amna Haddad"]
    shown = client.get(page_of(record)).content.decode()
    assert "change/" not in shown.partition('id="content-main"')[2]
    for url in (page_of(record, "change/"), "/admin/records/new/"):
        assert client.get(url).status_code == 403
        assert client.post(url, {}).status_code == 403


def test_an_inactive_integration_is_named_and_no_longer_offered(cast: Cast, desk: Client) -> None:
    make_integration(cast.us.team)
    create(cast.us.team, row("A", ATHENA))
    cast.us.team.integrations.update(status="inactive")
    (line,) = desk.get(LIST).context["lines"]
    assert line.integration == f"Athena {ATHENA}"
    form = desk.get("/admin/records/new/").context["form"]
    assert [f.options for f in form.fields if f.spec.name == "integrationId"] == [[]]


def test_integrations_have_a_page_of_their_own(cast: Cast, boss: Client) -> None:
    make_integration(cast.us.team)
    answer = boss.get("/admin/records/integration/")
    assert "Athena" in text_of(answer)
    made = boss.post(
        "/admin/records/integration/add/",
        {"name": "Own system", "provider": "", "status": "active"},
        follow=True,
    )
    assert made.status_code == 200
    assert cast.us.team.integrations.filter(name="Own system").exists()
