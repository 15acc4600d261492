from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from eligibility.choices import Actor
from eligibility.models import Batch, EligibilityTask
from eligibility.operations import pause_batch
from eligibility.presentation.fields import LABELS
from eligibility.worklist import Filters, GroupKey, Worklist
from portal.models import AuditEvent, Clinic, RejectedRow, Submission
from tests.cast import Cast
from tests.eligibility.admin.waiting import (
    IDENTIFIER,
    NAME,
    bad,
    doubtful,
    failed,
    fix_page,
    page,
    rejected,
)
from tests.factories import make_task
from tests.portal.admin.entering import enter, said

pytestmark = pytest.mark.django_db

MISMATCH = "failed:TPA004:identity_mismatch"
NOT_FOUND = "answer:TPA004:member_not_found"
VISIT = "rejected:TPA004:visit_type.unknown/visit_type"
MOST_QUERIES = 12


def worklist(*clinics: Clinic, **filters: Any) -> Worklist:
    return Worklist(tuple(clinic.pk for clinic in clinics), Filters(**filters), clinics[0].zone)


def counts(worklist: Worklist) -> dict[str, int]:
    return {str(group.key): group.count for group in worklist.groups()}


def everything(clinic: Clinic) -> None:
    failed(clinic)
    failed(clinic)
    failed(clinic, "credentials")
    failed(clinic, payer="INS026")
    doubtful(clinic)
    rejected(clinic, bad(), bad(tpa_name="NOBODY"), bad())


# --- what is on the list ------------------------------------------------------------------------


def test_rows_are_grouped_by_payer_and_cause(cast: Cast) -> None:
    everything(cast.us.first)
    assert counts(worklist(cast.us.first)) == {
        VISIT: 2,
        "failed:TPA004:identity_mismatch": 2,
        NOT_FOUND: 1,
        "failed:INS026:identity_mismatch": 1,
        "rejected::tpa_name.unknown/tpa_name": 1,
        "failed:TPA004:credentials": 1,
    }


def test_what_the_clinic_can_do_comes_first_and_then_the_biggest_groups(cast: Cast) -> None:
    everything(cast.us.first)
    for _ in range(4):
        failed(cast.us.first, "payer_unavailable")
        failed(cast.us.first, "internal")
    actors = [group.explanation.actor for group in worklist(cast.us.first).groups()]
    assert [*dict.fromkeys(actors)] == [
        Actor.CLINIC,
        Actor.ADMIN,
        Actor.NOBODY,
        Actor.ENGINEERING,
    ]
    sizes = [group.count for group in worklist(cast.us.first).groups()][
        : actors.count(Actor.CLINIC)
    ]
    assert sizes == sorted(sizes, reverse=True)


def test_the_count_of_every_group_is_the_length_of_its_list(cast: Cast) -> None:
    everything(cast.us.first)
    failed(cast.us.second)
    rejected(cast.us.second, bad())
    both = worklist(cast.us.first, cast.us.second)
    for group in both.groups():
        assert both.rows(group.key).count() == group.count, str(group.key)
    assert (
        sum(each.count for each in both.groups()) == both.tasks().count() + both.rejected().count()
    )


def test_settled_cancelled_answered_and_child_rows_are_not_listed(cast: Cast) -> None:
    clinic = cast.us.first
    parent = failed(clinic)
    failed(clinic, parent=parent)
    failed(clinic, review="resolved")
    failed(clinic, review="accepted")
    failed(clinic, status="cancelled", failure="", review="none")
    rejected(clinic, bad())
    RejectedRow.objects.update(state="discarded")
    assert counts(worklist(clinic)) == {MISMATCH: 1}


def test_a_group_knows_when_its_oldest_row_came_in(cast: Cast) -> None:
    old = timezone.now() - timedelta(days=3)
    failed(cast.us.first)
    failed(cast.us.first, created_at=old)
    rejected(cast.us.first, bad())
    later = rejected(cast.us.first, bad())[0].submission
    first = Submission.objects.exclude(pk=later.pk).get()
    groups = {str(group.key): group for group in worklist(cast.us.first).groups()}
    assert groups[MISMATCH].oldest == old
    assert groups[VISIT].oldest == first.created_at


def test_rows_of_other_clinics_and_teams_are_invisible(cast: Cast) -> None:
    for clinic in (cast.us.second, cast.them.first):
        everything(clinic)
    assert counts(worklist(cast.us.first)) == {}
    assert counts(worklist(cast.us.first, clinic=cast.us.second.pk)) == {}
    answer = enter(cast.us.operator).get(page("worklist"))
    assert answer.context["total"] == 0
    listed = enter(cast.us.operator).get(page("worklist_group", group=MISMATCH))
    assert NAME not in listed.content.decode()


@pytest.mark.parametrize(
    ("narrow", "left"),
    [
        ({"payer": "INS026"}, 1),
        ({"payer": "NOBODY"}, 0),
        ({"since": "today"}, 1),
        ({"since": "7d"}, 2),
        ({"since": "30d"}, 3),
        ({"since": "sometime"}, 3),
        ({"clinic": "not an id", "batch": "\0"}, 3),
    ],
)
def test_the_list_can_be_narrowed(cast: Cast, narrow: dict[str, str], left: int) -> None:
    now = timezone.now()
    failed(cast.us.first)
    failed(cast.us.first, payer="INS026", created_at=now - timedelta(days=6))
    failed(cast.us.first, created_at=now - timedelta(days=20))
    answer = enter(cast.us.operator).get(page("worklist", **narrow))
    assert answer.context["total"] == left


def test_a_batch_shows_its_checks_and_the_rows_that_were_rejected_beside_them(cast: Cast) -> None:
    clinic = cast.us.first
    failed(clinic)
    rejected(clinic, bad())
    rejected(clinic, bad())
    batch = Batch.objects.order_by("created_at").first()
    assert batch is not None
    failed(clinic, batch=batch)
    assert counts(worklist(clinic, batch=batch.pk)) == {MISMATCH: 1, VISIT: 1}


def test_rows_come_oldest_first_and_those_of_one_request_in_its_order(cast: Cast) -> None:
    clinic, now = cast.us.first, timezone.now()
    young, old = (failed(clinic, created_at=now - timedelta(hours=hours)) for hours in (1, 2))
    key = GroupKey.parse(MISMATCH)
    assert key is not None
    assert list(worklist(clinic).rows(key)) == [old, young]
    rows = rejected(clinic, bad(), bad(), bad())
    visit = GroupKey.parse(VISIT)
    assert visit is not None
    assert list(worklist(clinic).rows(visit)) == rows


@pytest.mark.parametrize(
    "text",
    ["", "failed", "failed:TPA004", "failed:TPA004:unheard", "odd:TPA004:timeout", "\0:a:b"],
)
def test_what_names_no_group_is_none(cast: Cast, text: str) -> None:
    assert GroupKey.parse(text) is None
    client = enter(cast.us.operator)
    assert client.get(page("worklist_group", group=text)).status_code == 404
    assert client.get(page("worklist_start", group=text)).status_code == 302
    for name in ("worklist_rerun", "worklist_settle", "worklist_discard"):
        assert client.get(page(name, group=text)).status_code == 302
        assert client.post(page(name, group=text), {"confirmed": "1"}).status_code == 302


def test_the_names_of_groups_survive_the_way_through_an_address() -> None:
    for text in (MISMATCH, NOT_FOUND, VISIT, "rejected::row.type", "rejected:A:B:row.type"):
        assert str(GroupKey.parse(text)) == text


def test_every_group_is_explained_in_words_of_the_front_desk(cast: Cast) -> None:
    rejected(
        cast.us.first, None, bad(tpa_name="X"), bad(id_value=""), bad(name="x" * 301), bad(dob=5)
    )
    for group in worklist(cast.us.first).groups():
        assert group.explanation.title
        assert group.explanation.advice
        for name in LABELS.keys() - {"priority", "mode", "force", "name", "phone", "dob"}:
            assert name not in group.explanation.title


# --- the pages ------------------------------------------------------------------------------------


def test_lists_show_names_but_only_the_end_of_identifiers(cast: Cast) -> None:
    everything(cast.us.first)
    rejected(cast.us.first, bad(id_type="EMIRATES"))
    client = enter(cast.us.operator)
    for group in worklist(cast.us.first).groups():
        shown = client.get(page("worklist_group", group=str(group.key))).content.decode()
        assert NAME in shown
        assert "78419869027382" not in shown
        assert IDENTIFIER[:-1] not in shown
        assert "••••382" in shown


def test_a_viewer_sees_the_list_without_a_button(cast: Cast) -> None:
    everything(cast.us.first)
    viewer, operator = enter(cast.us.viewer), enter(cast.us.operator)
    for path in (page("worklist"), page("worklist_group", group=MISMATCH)):
        for word in ("worklist/rerun", "worklist/settle", "worklist/start", "/fix/"):
            shown = word in operator.get(path).content.decode()
            assert word not in viewer.get(path).content.decode()
            assert shown == (word != "/fix/" or "group=" in path), (word, path)


def test_forged_requests_of_a_viewer_are_refused_and_change_nothing(cast: Cast) -> None:
    everything(cast.us.first)
    client = enter(cast.us.viewer)
    for name, group in (
        ("worklist_rerun", MISMATCH),
        ("worklist_settle", MISMATCH),
        ("worklist_discard", VISIT),
    ):
        address = page(name, group=group)
        assert client.post(address, {"confirmed": "1"}).status_code == 403
        assert client.get(address).status_code == 403
    assert counts(worklist(cast.us.first))[MISMATCH] == 2
    assert counts(worklist(cast.us.first))[VISIT] == 2


def test_a_group_of_doubtful_answers_says_what_is_doubtful_row_by_row(cast: Cast) -> None:
    odd = {"code": "emirates_id.check_digit", "message": "The check digit does not fit."}
    doubtful(cast.us.first, warnings=[odd])
    doubtful(cast.us.first)
    doubtful(cast.us.first, "undetermined")
    client = enter(cast.us.viewer)
    missing: Any = client.get(page("worklist_group", group=NOT_FOUND))
    assert [line.says for line in missing.context_data["lines"]] == [
        "The payer knows nobody with this number. The check digit does not fit.",
        "The payer knows nobody with this number.",
    ]
    unsure: Any = client.get(page("worklist_group", group="answer:TPA004:undetermined"))
    (line,) = unsure.context_data["lines"]
    assert line.says.startswith("The payer could not say. This is not a no.")


def test_lists_say_visit_types_and_payers_in_words(cast: Cast) -> None:
    failed(cast.us.first, visit_type="CHRONIC_OUT")
    rejected(cast.us.first, bad())
    client = enter(cast.us.viewer)
    (line,) = _lines(client, MISMATCH)
    assert line.visit == "Chronic outpatient"
    (line,) = _lines(client, VISIT)
    assert "NAS Administration Services takes Outpatient" in line.says


def _lines(client: Any, group: str) -> list[Any]:
    found: list[Any] = client.get(page("worklist_group", group=group)).context_data["lines"]
    return found


def test_an_empty_list_says_that_nothing_is_to_be_done(cast: Cast) -> None:
    client = enter(cast.us.operator)
    assert "Nothing needs attention" in client.get(page("worklist")).content.decode()
    narrowed = client.get(page("worklist", payer="TPA004")).content.decode()
    assert "show everything" in narrowed
    group = client.get(page("worklist_group", group=MISMATCH))
    assert "Nothing is left" in group.content.decode()


def test_long_groups_come_in_pages(cast: Cast) -> None:
    tasks = [failed(cast.us.first) for _ in range(52)]
    client = enter(cast.us.operator)
    first = client.get(page("worklist_group", group=MISMATCH))
    second = client.get(page("worklist_group", group=MISMATCH, page="2"))
    beyond = client.get(page("worklist_group", group=MISMATCH, page="99"))
    assert len(first.context["lines"]) == 50
    assert [line.fix.split("/")[4] for line in second.context["lines"]] == [
        str(task.pk) for task in tasks[50:]
    ]
    assert len(beyond.context["lines"]) == 2


def test_pages_ask_the_database_as_often_for_many_rows_as_for_one(cast: Cast) -> None:
    client = enter(cast.us.supervisor)
    paths = [page("worklist"), *(page("worklist_group", group=key) for key in (MISMATCH, VISIT))]

    def queries() -> list[int]:
        found = []
        for path in paths:
            with CaptureQueriesContext(connection) as captured:
                assert client.get(path).status_code == 200
            found.append(len(captured))
        return found

    everything(cast.us.first)
    client.get(paths[0])
    few = queries()
    for clinic in (cast.us.first, cast.us.second):
        for _ in range(3):
            everything(clinic)
    assert queries() == few
    assert max(few) <= MOST_QUERIES


# --- what is done with a group ------------------------------------------------------------------


def confirmed(answer: Any) -> dict[str, str]:
    return {"confirmed": "1", **dict(answer.context["fields"])}


def test_a_re_run_says_first_what_it_will_do(cast: Cast) -> None:
    batch = Batch.objects.create(team=cast.us.team, clinic=cast.us.first)
    failed(cast.us.first, batch=batch)
    make_task(cast.us.first, batch=batch, run_at=timezone.now())
    failed(cast.us.first)
    pause_batch(batch=batch)
    answer = enter(cast.us.operator).get(page("worklist_rerun", group=MISMATCH))
    text = " ".join(answer.context["facts"])
    assert answer.context["question"] == "Re-run 2 checks?"
    assert "2 checks will go back into line" in text
    assert "1 of them wait until their paused batch is resumed" in text
    assert "nobody has corrected" in text
    assert counts(worklist(cast.us.first)) == {MISMATCH: 2}


def test_cancel_leads_back_to_the_group_or_to_the_one_row(cast: Cast) -> None:
    task, (row, *_) = failed(cast.us.first), rejected(cast.us.first, bad(), bad())
    client = enter(cast.us.operator)
    since = {"since": "today"}
    for name, group, one, form in (
        ("worklist_rerun", MISMATCH, task, fix_page(task, **since, group=MISMATCH)),
        ("worklist_discard", VISIT, row, fix_page(row, **since, group=VISIT)),
    ):
        of_all = client.get(page(name, **since, group=group))
        assert of_all.context["back"] == page("worklist_group", **since, group=group)
        of_one = client.get(page(name, **since, group=group, row=str(one.pk)))
        assert of_one.context["back"] == form


def test_a_confirmed_re_run_puts_the_group_back_in_line(cast: Cast) -> None:
    mine = failed(cast.us.first)
    others = [failed(cast.us.second), failed(cast.us.first, payer="INS026")]
    client, address = enter(cast.us.operator), page("worklist_rerun", group=MISMATCH)
    answer = client.post(address, confirmed(client.get(address)))
    mine.refresh_from_db()
    assert mine.status == "pending"
    assert "1 check is in line again" in said(answer)
    assert answer.headers["Location"] == page("worklist")
    for other in others:
        other.refresh_from_db()
        assert other.status == "failed"
    event = AuditEvent.objects.get(verb="rerun")
    assert event.details == {"payer": "TPA004", "cause": "identity_mismatch", "rows": 1}
    assert event.actor_id == cast.us.operator.pk


def test_rows_that_join_a_group_after_the_question_stay(cast: Cast) -> None:
    failed(cast.us.first)
    client, address = enter(cast.us.operator), page("worklist_rerun", group=MISMATCH)
    asked = confirmed(client.get(address))
    late = failed(cast.us.first, updated_at=timezone.now() + timedelta(seconds=5))
    client.post(address, asked)
    late.refresh_from_db()
    assert late.status == "failed"
    assert EligibilityTask.objects.filter(status="pending").count() == 1


def test_rows_that_somebody_saw_to_after_the_question_are_told(cast: Cast) -> None:
    tasks = [failed(cast.us.first) for _ in range(3)]
    client, address = enter(cast.us.operator), page("worklist_settle", group=MISMATCH)
    asked = confirmed(client.get(address))
    EligibilityTask.objects.filter(pk=tasks[0].pk).update(review="accepted")
    answer = client.post(address, asked)
    assert "2 rows settled" in said(answer)
    assert "1 row had been seen to by somebody else" in said(answer)


def test_a_doubtful_answer_is_accepted_as_it_is_after_a_question(cast: Cast) -> None:
    task = doubtful(cast.us.first)
    client, address = enter(cast.us.operator), page("worklist_settle", group=NOT_FOUND)
    asked = client.get(address)
    assert asked.context["question"] == "Accept this answer as it is?"
    client.post(address, confirmed(asked))
    task.refresh_from_db()
    assert (task.review, task.outcome) == ("accepted", "member_not_found")
    assert counts(worklist(cast.us.first)) == {}


def test_rejected_rows_are_discarded_together_or_one_by_one(cast: Cast) -> None:
    rows = rejected(cast.us.first, bad(), bad(), bad())
    client = enter(cast.us.operator)
    one = page("worklist_discard", group=VISIT, row=str(rows[1].pk))
    client.post(one, confirmed(client.get(one)))
    assert [each.state for each in RejectedRow.objects.order_by("line")] == [
        "open",
        "discarded",
        "open",
    ]
    everyone = page("worklist_discard", group=VISIT)
    client.post(everyone, confirmed(client.get(everyone)))
    assert set(RejectedRow.objects.values_list("state", flat=True)) == {"discarded"}
    assert AuditEvent.objects.filter(verb="discarded").count() == 3


def test_nothing_is_done_without_the_confirmation(cast: Cast) -> None:
    failed(cast.us.first)
    client, address = enter(cast.us.operator), page("worklist_rerun", group=MISMATCH)
    assert client.post(address, {}).status_code == 200
    assert counts(worklist(cast.us.first)) == {MISMATCH: 1}


@pytest.mark.parametrize(
    "forged", [{"as_of": "yesterday"}, {"count": "-5"}, {"as_of": "2026-13-40"}]
)
def test_a_forged_confirmation_does_not_break_the_page(cast: Cast, forged: dict[str, str]) -> None:
    failed(cast.us.first)
    address = page("worklist_rerun", group=MISMATCH)
    answer = enter(cast.us.operator).post(address, {"confirmed": "1", **forged})
    assert answer.status_code == 302
    assert EligibilityTask.objects.get().status == "pending"


def test_the_group_of_another_clinic_cannot_be_acted_on(cast: Cast) -> None:
    task = failed(cast.us.second)
    client = enter(cast.us.operator)
    for query in ({}, {"clinic": str(cast.us.second.pk)}, {"row": str(task.pk)}):
        address = page("worklist_rerun", group=MISMATCH, **query)
        assert client.post(address, {"confirmed": "1"}).status_code == 302
    task.refresh_from_db()
    assert task.status == "failed"


def test_a_click_moves_at_most_a_bearable_number_of_rows(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eligibility.admin.worklist_actions.MOST_AT_ONCE", 2)
    for _ in range(3):
        failed(cast.us.first)
    client, address = enter(cast.us.operator), page("worklist_rerun", group=MISMATCH)
    asked = client.get(address)
    assert "These are the oldest 2 of 3" in " ".join(asked.context["facts"])
    client.post(address, confirmed(asked))
    assert counts(worklist(cast.us.first)) == {MISMATCH: 1}


def test_starting_a_group_leads_to_its_first_row(cast: Cast) -> None:
    task = failed(cast.us.first, created_at=timezone.now() - timedelta(hours=1))
    failed(cast.us.first)
    answer = enter(cast.us.operator).get(page("worklist_start", group=MISMATCH))
    assert str(task.pk) in answer.headers["Location"]
    empty = enter(cast.us.operator).get(page("worklist_start", group=NOT_FOUND))
    assert empty.headers["Location"] == page("worklist")
