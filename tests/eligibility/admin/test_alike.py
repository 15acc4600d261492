"""Fix all like this, on the worklist: choose, try, apply, take back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone

from portal.models import GroupFix, RejectedRow, Role
from tests.cast import Cast
from tests.eligibility.admin.looking import text_of
from tests.eligibility.admin.waiting import ACTOR, IDENTIFIER, bad, failed, page, rejected

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(cast: Cast, client: Client) -> Client:
    """The browser of an operator of our first clinic."""
    client.force_login(cast.us.operator)
    return client


def group_of(row: RejectedRow) -> str:
    """The row's group as an address names it."""
    return f"rejected:{row.topic}:{row.cause}"


def links(answer: Any) -> list[str]:
    """The addresses of the faults that the page offers."""
    found = [cluster.link for fault in answer.context["faults"] for cluster in fault.clusters]
    return found + [fault.link for fault in answer.context["faults"] if fault.suggested]


def test_rows_with_one_value_are_offered_and_single_ones_are_not(cast: Cast, desk: Client) -> None:
    row, *_ = rejected(cast.us.first, bad(), bad(), bad(visit_type="IN"))
    answer = desk.get(page("worklist_alike", group=group_of(row)))
    text = text_of(answer)
    assert "OUT" in text
    assert [c.count for f in answer.context["faults"] for c in f.clusters] == [2]


def test_trying_says_what_would_happen_and_changes_nothing(cast: Cast, desk: Client) -> None:
    row, *_ = rejected(cast.us.first, bad(), bad())
    link = links(desk.get(page("worklist_alike", group=group_of(row))))[0]
    answer = desk.post(link, {"action": "try", "how": "value", "value": "OUTPATIENT"})
    text = text_of(answer)
    assert "2 rows would be right." in text
    assert "would stay" not in text
    assert set(RejectedRow.objects.values_list("state", flat=True)) == {"open"}


def test_applying_corrects_the_rows_and_offers_to_take_it_back(cast: Cast, desk: Client) -> None:
    row, *_ = rejected(cast.us.first, bad(), bad())
    link = links(desk.get(page("worklist_alike", group=group_of(row))))[0]
    tried = desk.post(link, {"action": "try", "how": "value", "value": "OUTPATIENT"})
    answer = desk.post(link, apply_form(tried, "OUTPATIENT"), follow=True)
    assert "2 rows corrected" in text_of(answer)
    assert RejectedRow.objects.filter(state="accepted").count() == 2
    undone = desk.post(answer.redirect_chain[-1][0], {"action": "undo"}, follow=True)
    assert "2 rows as before." in undone.content.decode()
    assert set(RejectedRow.objects.values_list("state", flat=True)) == {"open"}


def apply_form(tried: Any, value: str, how: str = "value") -> dict[str, str]:
    """What the button of the trial sends."""
    context = tried.context
    return {
        "action": "apply",
        "how": how,
        "value": value,
        "as_of": context["as_of"],
        "count": str(len(context["cluster"].refs)),
    }


def test_rows_touched_after_the_trial_are_left_and_said(cast: Cast, desk: Client) -> None:
    first, *_ = rejected(cast.us.first, bad(), bad(), bad())
    link = links(desk.get(page("worklist_alike", group=group_of(first))))[0]
    tried = desk.post(link, {"action": "try", "how": "value", "value": "OUTPATIENT"})
    RejectedRow.objects.filter(pk=first.pk).update(
        version=F("version") + 1, updated_at=timezone.now()
    )
    answer = desk.post(link, apply_form(tried, "OUTPATIENT"), follow=True)
    assert "2 rows corrected" in text_of(answer)
    assert "1 row stayed: Somebody else has seen to it" in answer.content.decode()
    first.refresh_from_db()
    assert first.state == "open"


def test_the_suggestion_is_one_click(cast: Cast, desk: Client) -> None:
    row, *_ = rejected(cast.us.first, bad(visit_type="OUTPATIENTS"), bad(visit_type="OUTPATIENTS"))
    link = links(desk.get(page("worklist_alike", group=group_of(row))))[0]
    shown = desk.get(link)
    assert shown.context["how"] == "suggestion"
    tried = desk.post(link, {"action": "try", "how": "suggestion"})
    assert "2 rows would be right." in text_of(tried)


def test_a_trial_without_a_value_asks_for_one(cast: Cast, desk: Client) -> None:
    row, *_ = rejected(cast.us.first, bad(visit_type="QQQ"), bad(visit_type="QQQ"))
    link = links(desk.get(page("worklist_alike", group=group_of(row))))[0]
    answer = desk.post(link, {"action": "try", "how": "value", "value": " "})
    assert "Say what the rows should say." in text_of(answer)


def test_no_address_names_what_a_row_says(cast: Cast, desk: Client) -> None:
    failed(cast.us.first, "input_invalid")
    failed(cast.us.first, "input_invalid")
    answer = desk.get(page("worklist_alike", group="failed:TPA004:input_invalid"))
    found = links(answer)
    assert found
    digits = re.sub(r"\D", "", IDENTIFIER)
    assert not any(IDENTIFIER in link or digits in link for link in found)
    assert IDENTIFIER not in answer.content.decode()


def test_failed_checks_that_are_alike_are_corrected_together(cast: Cast, desk: Client) -> None:
    tasks = [failed(cast.us.first, "input_invalid") for _ in range(3)]
    answer = desk.get(page("worklist_alike", group="failed:TPA004:input_invalid"))
    faults = {fault.title: fault for fault in answer.context["faults"]}
    link = faults["Visit type"].clusters[0].link
    tried = desk.post(link, {"action": "try", "how": "value", "value": "INPATIENT"})
    assert "3 rows would be right." in text_of(tried)
    done = desk.post(link, apply_form(tried, "INPATIENT"), follow=True)
    assert "3 rows corrected" in text_of(done)
    tasks[0].refresh_from_db()
    assert (tasks[0].status, tasks[0].visit_type) == ("pending", "INPATIENT")


def test_rows_of_other_clinics_are_never_among_them(cast: Cast, desk: Client) -> None:
    row, *_ = rejected(cast.us.first, bad(), bad())
    rejected(cast.us.second, bad(), bad())
    rejected(cast.them.first, bad(), bad())
    answer = desk.get(page("worklist_alike", group=group_of(row)))
    assert [c.count for f in answer.context["faults"] for c in f.clusters] == [2]


def test_a_viewer_may_not(cast: Cast, client: Client) -> None:
    row, *_ = rejected(cast.us.first, bad(), bad())
    client.force_login(cast.us.people[Role.VIEWER])
    assert client.get(page("worklist_alike", group=group_of(row))).status_code == 403
    fix = GroupFix.objects.create(
        team=cast.us.team, kind="eligibility.tasks", fixed=1, stayed=0, made_by=ACTOR
    )
    assert client.post(f"/admin/fixes/{fix.pk}/", {"action": "undo"}).status_code == 403


def test_only_who_made_a_correction_takes_it_back(cast: Cast, desk: Client) -> None:
    fix = GroupFix.objects.create(
        team=cast.us.team, kind="eligibility.tasks", fixed=1, stayed=0, made_by=ACTOR
    )
    assert desk.get(f"/admin/fixes/{fix.pk}/").status_code == 404
    assert desk.post(f"/admin/fixes/{fix.pk}/", {"action": "undo"}).status_code == 404
