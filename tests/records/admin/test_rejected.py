"""Rejected records in the staff's pages: groups, forms, discarding."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from portal.models import RejectedRow, Role
from records.models import ResourceRecord
from tests.cast import Cast
from tests.records.admin.test_pages import text_of, typed
from tests.records.making import create, row

pytestmark = pytest.mark.django_db

LIST = "/admin/records/attention/"


@pytest.fixture
def desk(cast: Cast, client: Client) -> Client:
    """The browser of an operator."""
    client.force_login(cast.us.operator)
    return client


def reject(cast: Cast, *rows: Any) -> list[RejectedRow]:
    """Rows that came beside a good one, judged strictly."""
    create(cast.us.team, row("GOOD"), *rows, profile="strict")
    return list(RejectedRow.objects.order_by("line"))


def english(count: int) -> list[Any]:
    """Rows with the same fault."""
    return [row(f"B{n}", languages=["English"]) for n in range(count)]


def groups(answer: Any) -> dict[tuple[str, str], Any]:
    """The groups that the page shows, by field and value."""
    return {
        (fault.where, group.value): group
        for fault in answer.context["faults"]
        for group in fault.groups
    }


def fix_page(rejected: RejectedRow) -> str:
    """The row's form."""
    return f"/admin/records/rejected/{rejected.pk}/fix/"


def test_rows_are_grouped_by_field_and_value_with_their_suggestion(
    cast: Cast, desk: Client
) -> None:
    reject(cast, *english(3), row("G", gender="woman"))
    found = groups(desk.get(LIST))
    assert {key: group.count for key, group in found.items()} == {
        ("Language", "English"): 3,
        ("Gender", "woman"): 1,
    }
    assert found["Language", "English"].suggestion == "en"
    assert "4 waiting" in text_of(desk.get("/admin/worklist/"))


def test_a_group_is_fixed_with_its_suggestion_and_taken_back(cast: Cast, desk: Client) -> None:
    reject(cast, *english(3))
    link = groups(desk.get(LIST))["Language", "English"].alike
    tried = desk.post(link, {"action": "try", "how": "suggestion"})
    assert "3 rows would be right." in text_of(tried)
    sent = {
        "action": "apply",
        "how": "suggestion",
        "as_of": tried.context["as_of"],
        "count": "3",
    }
    done = desk.post(link, sent, follow=True)
    assert "3 rows corrected" in text_of(done)
    assert ResourceRecord.objects.count() == 4
    for path in (LIST, "/admin/worklist/"):
        assert "You corrected 3 rows together" in text_of(desk.get(path))
    undone = desk.post(done.redirect_chain[-1][0], {"action": "undo"}, follow=True)
    assert "3 rows as before." in text_of(undone)
    assert ResourceRecord.objects.count() == 1
    assert "You corrected" not in text_of(desk.get(LIST))


def test_a_row_is_fixed_by_its_form_and_the_next_one_comes(cast: Cast, desk: Client) -> None:
    first, second = reject(cast, *english(2))
    start = desk.get(groups(desk.get(LIST))["Language", "English"].start, follow=True)
    assert start.redirect_chain[-1][0].startswith(fix_page(first))
    form = start.context["form"]
    assert form.first[0].spec.name == "languages"
    url = start.redirect_chain[-1][0]
    taken = desk.post(url, typed(start) | {"use": form.first[0].errors[0].token})
    answer = desk.post(url, typed(taken) | {"action": "next"}, follow=True)
    assert answer.redirect_chain[-1][0].startswith(fix_page(second))
    first.refresh_from_db()
    record = ResourceRecord.objects.get(pk=first.accepted_as)
    assert (record.line, record.config["languages"]) == (first.line, ["en"])


def test_a_row_that_is_still_wrong_stays_and_says_so(cast: Cast, desk: Client) -> None:
    (rejected,) = reject(cast, *english(1))
    form = desk.get(fix_page(rejected))
    answer = desk.post(fix_page(rejected), typed(form) | {"action": "save"})
    assert "One thing is to be corrected." in text_of(answer)
    rejected.refresh_from_db()
    assert rejected.state == "open"


def test_a_row_that_somebody_settled_meanwhile_says_so(cast: Cast, desk: Client) -> None:
    (rejected,) = reject(cast, *english(1))
    form = desk.get(fix_page(rejected))
    sent = typed(form, **{"/config/languages": "en"})
    desk.post(fix_page(rejected), sent | {"action": "save"})
    again = desk.post(fix_page(rejected), sent | {"action": "save"})
    assert again.status_code == 409
    assert "This row has been stored" in text_of(again)
    assert ResourceRecord.objects.filter(logical_id="B0").count() == 1


@pytest.mark.parametrize("raw", ["text", 7, None, [], {}, {"config": "x"}, {"config": {}}])
def test_a_row_that_is_no_record_has_a_form_all_the_same(
    cast: Cast, desk: Client, raw: Any
) -> None:
    (rejected,) = reject(cast, raw)
    form = desk.get(fix_page(rejected))
    assert form.status_code == 200
    sent = typed(form, **{"/config/name": "Dr. Typed"})
    answer = desk.post(fix_page(rejected), sent | {"action": "save"}, follow=True)
    assert answer.status_code == 200
    assert ResourceRecord.objects.filter(name_key="dr. typed").exists()


def test_a_row_whose_record_is_stored_can_be_taken_as_its_change(cast: Cast, desk: Client) -> None:
    (rejected,) = reject(cast, row("GOOD", name="Dr. Renamed"))
    form = desk.get(fix_page(rejected))
    assert "on record already" in text_of(form)
    answer = desk.post(fix_page(rejected), typed(form) | {"action": "change"}, follow=True)
    assert "Stored." in text_of(answer)
    record = ResourceRecord.objects.get()
    assert (record.config["name"], record.version) == ("Dr. Renamed", 2)
    rejected.refresh_from_db()
    assert (rejected.state, rejected.accepted_as) == ("accepted", record.pk)


def test_a_group_is_discarded_after_a_question(cast: Cast, desk: Client) -> None:
    reject(cast, *english(2), row("G", gender="woman"))
    link = groups(desk.get(LIST))["Language", "English"].discard
    asked = desk.get(link)
    assert "Discard 2 rows?" in text_of(asked)
    fields = dict(asked.context["fields"])
    answer = desk.post(link, fields | {"confirmed": "1"}, follow=True)
    assert "2 rows discarded." in text_of(answer)
    states = RejectedRow.objects.order_by("line").values_list("state", flat=True)
    assert list(states) == ["discarded", "discarded", "open"]


def test_rejected_rows_of_another_team_are_nowhere(cast: Cast, client: Client) -> None:
    (rejected,) = reject(cast, *english(1))
    client.force_login(cast.them.operator)
    assert groups(client.get(LIST)) == {}
    assert client.get(fix_page(rejected)).status_code == 404
    assert client.post(fix_page(rejected), {}).status_code == 404
    discard = f"/admin/records/attention/discard/?row={rejected.pk}"
    client.post(discard, {"confirmed": "1", "rows": f"{rejected.pk.hex}:1"})
    rejected.refresh_from_db()
    assert rejected.state == "open"


def test_a_viewer_sees_the_groups_and_no_buttons(cast: Cast, client: Client) -> None:
    (rejected,) = reject(cast, *english(1))
    client.force_login(cast.us.people[Role.VIEWER])
    shown = client.get(LIST)
    assert "English" in text_of(shown)
    assert "Discard" not in text_of(shown)
    assert client.get(fix_page(rejected)).status_code == 403
    for url in ("/admin/records/alike/", "/admin/records/attention/discard/"):
        assert client.get(url).status_code == 403


def test_somebody_without_a_team_sees_empty_pages(cast: Cast, admin_client: Client) -> None:
    reject(cast, *english(1))
    assert groups(admin_client.get(LIST)) == {}
    assert admin_client.get("/admin/records/").status_code == 200
