from __future__ import annotations

import csv
import io
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from eligibility.models import Batch, Connection, EligibilityTask, Payer
from eligibility.operations import create_tasks, pause_batch
from portal.models import Clinic, Role
from tests.cast import Cast
from tests.eligibility.admin.looking import (
    BATCHES,
    MOST_QUERIES,
    batch_url,
    deeds,
    events,
    listed,
    make_answered,
    make_batch,
    make_failed,
    make_patient,
    names_in,
    queries,
    text_of,
    verb_url,
)
from tests.eligibility.operations.doing import bad
from tests.portal.admin.entering import enter, said

pytestmark = pytest.mark.django_db
of_each_role = pytest.mark.parametrize("role", list(Role), ids=str)
VERBS = ("pause", "resume", "run", "cancel", "rerun")


def make_mixed(clinic: Clinic, **fields: Any) -> Batch:
    """A batch with an eligible, a doubtful, a failed and a pending row."""
    batch = make_batch(clinic, **fields)
    make_answered(clinic, batch=batch, line=0)
    make_answered(clinic, "member_not_found", number=2, batch=batch, line=1)
    make_failed(clinic, number=3, batch=batch, line=2)
    make_patient(clinic, 4, batch=batch, line=3, run_at=timezone.now())
    return batch


def states(batch: Batch) -> list[str]:
    """Its rows' states by line."""
    return list(batch.tasks.order_by("line").values_list("status", flat=True))


# --- the list -------------------------------------------------------------------------------------


def test_the_list_shows_derived_status_progress_and_counts(cast: Cast) -> None:
    make_mixed(cast.us.first, description="Morning list")
    tomorrow = timezone.now() + timedelta(days=1)
    later = make_batch(cast.us.first, description="Tonight", scheduled_for=tomorrow)
    make_patient(cast.us.first, 9, batch=later, run_at=tomorrow, not_before=tomorrow)
    done = make_batch(cast.us.first, description="Done list")
    make_answered(cast.us.first, batch=done, number=10)
    answer = enter(cast.us.viewer).get(BATCHES)
    text = text_of(answer)
    assert names_in(answer) == ["Done list", "Tonight", "Morning list"]
    for word in ("Running", "Scheduled", "Completed", "3 of 4", "0 of 1", "1 of 1"):
        assert word in text


def test_a_batch_without_a_description_is_called_by_its_moment(cast: Cast) -> None:
    batch = make_batch(cast.us.first)
    at = batch.created_at.astimezone(cast.us.first.zone)
    assert names_in(enter(cast.us.viewer).get(BATCHES)) == [
        f"Batch of {at.day} {at:%b %Y}, {at:%H:%M}"
    ]


def test_batches_of_other_clinics_and_teams_are_absent(cast: Cast) -> None:
    mine = make_batch(cast.us.first)
    make_batch(cast.us.second)
    make_batch(cast.them.first)
    assert listed(enter(cast.us.operator).get(BATCHES)) == [str(mine.pk)]
    assert len(listed(enter(cast.us.supervisor).get(BATCHES))) == 2


def test_the_list_asks_as_many_questions_for_one_batch_as_for_thirty(cast: Cast) -> None:
    make_mixed(cast.us.first)
    client = enter(cast.us.supervisor)
    client.get(BATCHES)
    with queries() as for_one:
        client.get(BATCHES)
    for number in range(29):
        make_patient(cast.us.first, number, batch=make_batch(cast.us.first))
    with queries() as for_thirty:
        answer = client.get(BATCHES)
    assert len(listed(answer)) == 20
    assert "30 batches" in text_of(answer)
    assert len(for_thirty) == len(for_one) <= MOST_QUERIES


def test_an_empty_list_says_where_batches_come_from(cast: Cast) -> None:
    assert "There are no batches yet" in text_of(enter(cast.us.viewer).get(BATCHES))


# --- a batch's page -------------------------------------------------------------------------------


def test_the_page_adds_up_states_answers_payers_and_causes(cast: Cast) -> None:
    batch = make_mixed(cast.us.first, description="Morning list")
    other = Payer.objects.get(code="TPA004")
    make_failed(cast.us.first, number=5, batch=batch, line=4)
    make_failed(cast.us.first, "internal", number=6, batch=batch, line=5, payer=other)
    text = text_of(enter(cast.us.viewer).get(batch_url(batch)))
    assert "5 of 6" in text
    for part in ("1 Eligible", "1 Member not found", "3 Failed", "1 Pending"):
        assert part in text
    assert "Failed, by cause 3" in text
    assert "The payer did not answer in time" in text
    assert "A fault of the portal" in text
    assert f"{other.name} TPA004" in text
    assert "50 %" in text


def test_every_cause_leads_to_its_rows_and_to_fixing_them_one_by_one(cast: Cast) -> None:
    batch = make_batch(cast.us.first)
    waiting: dict[str, Any] = {"batch": batch, "review": "needs_attention"}
    for number in (1, 2):
        make_failed(cast.us.first, number=number, failure_message=f"No {number}.", **waiting)
    single = make_failed(cast.us.first, "identity_mismatch", number=3, **waiting)
    make_failed(cast.us.first, number=4, batch=make_batch(cast.us.first))
    client = enter(cast.us.operator)
    answer: Any = client.get(batch_url(batch))
    slow, other = answer.context["causes"]
    assert slow["count"] == 2
    assert slow["message"] == "No 1. (and 1 other message)"
    group: Any = client.get(slow["rows_link"])
    lines = group.context_data["lines"]
    assert {line.says for line in lines} == {"No 1.", "No 2."}
    started: Any = client.get(other["fix_link"])
    assert started.url.startswith(reverse("admin:eligibility_fix", args=[single.pk]))
    assert f"batch={batch.pk}" in started.url
    viewers = enter(cast.us.viewer).get(batch_url(batch)).content.decode()
    assert slow["rows_link"].replace("&", "&amp;") in viewers
    assert "worklist/start/" not in viewers


def test_a_cause_that_people_have_seen_to_leads_to_the_list_of_checks(cast: Cast) -> None:
    batch = make_batch(cast.us.first)
    make_failed(cast.us.first, number=1, batch=batch, review="resolved")
    client = enter(cast.us.operator)
    answer: Any = client.get(batch_url(batch))
    (cause,) = answer.context["causes"]
    assert (cause["rows_link"], cause["fix_link"]) == ("", "")
    assert len(listed(client.get(cause["list_link"]))) == 1


def test_rows_that_were_not_accepted_are_shown_by_reason(cast: Cast) -> None:
    created = create_tasks(
        team=cast.us.team,
        clinic=cast.us.first,
        actor="a" * 24,
        rows=[bad("A"), bad("B")],
        source="file",
    )
    assert created.total_errors == 2
    batch = make_mixed(cast.us.first)
    Batch.objects.filter(pk=batch.pk).update(submission=created.submission_id)
    viewer = enter(cast.us.viewer)
    answer: Any = viewer.get(batch_url(batch))
    text = text_of(answer)
    assert "Not accepted 2" in text
    assert "2 Payer is not known" in text
    assert "Payer not known 2" in text
    (reason,) = answer.context["rejections"]["reasons"]
    group: Any = viewer.get(reason["groups"][0]["link"])
    assert len(group.context_data["lines"]) == 2


def test_a_running_batch_says_how_long_it_still_takes(cast: Cast) -> None:
    lane = Connection.objects.get(team=cast.us.team, payer__code="TPA002")
    Connection.objects.filter(pk=lane.pk).update(expected_pace=0.01)
    batch = make_batch(cast.us.first)
    for number in range(3):
        make_patient(cast.us.first, number, batch=batch, connection=lane, run_at=timezone.now())
    text = text_of(enter(cast.us.viewer).get(batch_url(batch)))
    assert "3 left, about 5 min at the present pace" in text


def test_a_scheduled_batch_says_when_it_begins_and_what_was_promised(cast: Cast) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    batch = make_batch(
        cast.us.first, scheduled_for=tomorrow, expected_by=tomorrow + timedelta(hours=1)
    )
    make_patient(cast.us.first, batch=batch, run_at=tomorrow, not_before=tomorrow)
    text = text_of(enter(cast.us.viewer).get(batch_url(batch)))
    assert "Begins" in text
    assert "Answers are expected by" in text
    at = tomorrow.astimezone(cast.us.first.zone)
    assert f"Scheduled for {at.day} {at:%b %Y}, {at:%H:%M}" in text


def test_an_empty_batch_is_no_puzzle(cast: Cast) -> None:
    assert "It has no rows" in text_of(
        enter(cast.us.viewer).get(batch_url(make_batch(cast.us.first)))
    )


def test_a_page_asks_as_many_questions_for_few_rows_as_for_many_payers(cast: Cast) -> None:
    batch = make_mixed(cast.us.first, created_by=cast.us.operator.pk)
    lanes = {lane.payer_id: lane for lane in Connection.objects.filter(team=cast.us.team)}
    payers = list(Payer.objects.exclude(kind="search")[:15])
    first = lanes[Payer.objects.get(code="TPA002").pk]
    EligibilityTask.objects.filter(batch=batch, status="pending").update(connection=first)
    client = enter(cast.us.supervisor)
    client.get(batch_url(batch))
    with queries() as for_few:
        client.get(batch_url(batch))
    for number, payer in enumerate(payers):
        make_patient(
            cast.us.first, 10 + number, batch=batch, payer=payer,
            connection=lanes[payer.pk], run_at=timezone.now(),
        )  # fmt: skip
        make_failed(cast.us.first, number=50 + number, batch=batch, payer=payer)
    with queries() as for_many:
        client.get(batch_url(batch))
    assert len(for_many) == len(for_few) <= MOST_QUERIES


def test_the_living_part_ends_with_the_batch(cast: Cast) -> None:
    batch = make_mixed(cast.us.first)
    client, live = enter(cast.us.viewer), verb_url("batch", "live", batch)
    assert f'data-live="{live}"' in client.get(batch_url(batch)).content.decode()
    assert "data-live-ended" not in client.get(live).content.decode()
    batch.tasks.filter(status="pending").update(status="cancelled")
    assert "data-live-ended" in client.get(live).content.decode()
    assert "data-live=" not in client.get(batch_url(batch)).content.decode()


# --- what is done with a batch --------------------------------------------------------------------


def test_pausing_and_resuming_say_what_moves_and_what_does_not(cast: Cast) -> None:
    batch = make_mixed(cast.us.first)
    client = enter(cast.us.operator)
    asked = text_of(client.get(verb_url("batch", "pause", batch)))
    assert "Take 1 check out of the line?" in asked
    assert "3 checks stay as they are: answered, failed or cancelled already." in asked
    done = client.post(verb_url("batch", "pause", batch), {"confirmed": "1"})
    assert "1 check is out of the line." in said(done)
    batch.refresh_from_db()
    assert batch.paused_at is not None
    assert "Paused" in text_of(client.get(batch_url(batch)))
    assert "Put 1 check back in line?" in text_of(client.get(verb_url("batch", "resume", batch)))
    done = client.post(verb_url("batch", "resume", batch), {"confirmed": "1"})
    assert "1 check is back in line." in said(done)
    batch.refresh_from_db()
    assert batch.paused_at is None
    assert [deed.details["rows"] for deed in (*deeds("paused"), *deeds("resumed"))] == [1, 1]


def test_a_scheduled_batch_is_run_now(cast: Cast) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    batch = make_batch(cast.us.first, scheduled_for=tomorrow)
    task = make_patient(cast.us.first, batch=batch, run_at=tomorrow, not_before=tomorrow)
    client = enter(cast.us.operator)
    assert "Ask about 1 check now?" in text_of(client.get(verb_url("batch", "run", batch)))
    done = client.post(verb_url("batch", "run", batch), {"confirmed": "1"})
    assert "1 check is due now." in said(done)
    task.refresh_from_db()
    assert task.run_at is not None
    assert task.run_at <= timezone.now()
    (deed,) = deeds("started")
    assert deed.object_id == str(batch.pk)


def test_cancelling_leaves_what_has_ended(cast: Cast) -> None:
    batch = make_mixed(cast.us.first)
    client = enter(cast.us.supervisor)
    assert "Cancel 1 check of this batch?" in text_of(
        client.get(verb_url("batch", "cancel", batch))
    )
    done = client.post(verb_url("batch", "cancel", batch), {"confirmed": "1"})
    assert "1 check is cancelled." in said(done)
    assert states(batch) == ["done", "done", "failed", "cancelled"]
    pending = batch.tasks.get(line=3)
    assert events(pending) == [("pending", "cancelled", cast.us.supervisor.pk)]
    (deed,) = deeds("cancelled")
    assert (deed.object_id, deed.actor_id) == (str(batch.pk), cast.us.supervisor.pk)


def test_failed_rows_run_again_all_or_those_of_one_cause(cast: Cast) -> None:
    batch = make_mixed(cast.us.first)
    make_failed(cast.us.first, "internal", number=8, batch=batch, line=4)
    client = enter(cast.us.operator)
    url = verb_url("batch", "rerun", batch)
    cause = {"payer": "TPA002", "failure": "timeout"}
    asked = text_of(client.get(url, cause))
    assert "about 1 check?" in asked
    assert "1 check stays as it is: failed for another cause." in asked
    assert "3 checks stay as they are: not failed." in asked
    done = client.post(url, {"confirmed": "1", **cause})
    assert "1 check is in line again." in said(done)
    assert states(batch) == ["done", "done", "pending", "pending", "failed"]
    client.post(url, {"confirmed": "1"})
    assert states(batch)[4] == "pending"
    assert [deed.details["rows"] for deed in deeds("rerun")] == [1, 1]
    nothing = client.post(url, {"confirmed": "1", "payer": "nobody\0said"})
    assert "No check is in line again" in said(nothing)


def test_a_paused_batch_keeps_rows_that_run_again_out_of_the_line(cast: Cast) -> None:
    batch = make_mixed(cast.us.first)
    pause_batch(batch=batch)
    enter(cast.us.operator).post(verb_url("batch", "rerun", batch), {"confirmed": "1"})
    assert list(batch.tasks.filter(status="pending").values_list("run_at", flat=True)) == [None] * 2


@of_each_role
def test_a_role_sees_and_may_use_its_own_buttons_only(cast: Cast, role: Role) -> None:
    client = enter(cast.us.people[role])
    supervises = role in (Role.SUPERVISOR, Role.ADMIN)
    for verb in (*VERBS, "export"):
        batch = make_mixed(cast.us.first)
        if verb == "resume":
            pause_batch(batch=batch)
        if verb == "run":
            Batch.objects.filter(pk=batch.pk).update(scheduled_for=timezone.now() + timedelta(1))
            batch.tasks.exclude(status="pending").update(batch=None)
            batch.tasks.update(first_claimed_at=None)
        allowed = supervises if verb in ("cancel", "export") else role != Role.VIEWER
        url = verb_url("batch", verb, batch)
        assert (url in client.get(batch_url(batch)).content.decode()) == allowed, verb
        before = states(batch)
        assert client.get(url).status_code == (200 if allowed else 403)
        assert client.post(url).status_code == (200 if allowed else 403)
        assert states(batch) == before, "asking changes nothing"
        answer = client.post(url, {"confirmed": "1"})
        assert (answer.status_code == 403) != allowed, verb


def test_other_peoples_batches_are_not_there(cast: Cast) -> None:
    client = enter(cast.us.operator)
    for batch in (make_batch(cast.us.second), make_batch(cast.them.first)):
        assert client.get(batch_url(batch)).status_code == 404
        for verb in ("live", "pause", "resume", "run", "rerun"):
            url = verb_url("batch", verb, batch)
            assert client.get(url).status_code == 404
            if verb != "live":
                assert client.post(url, {"confirmed": "1"}).status_code == 404
    theirs = make_batch(cast.them.first)
    overseer = enter(cast.us.supervisor)
    for verb in ("cancel", "export"):
        assert overseer.post(verb_url("batch", verb, theirs), {"confirmed": "1"}).status_code == 404
    assert client.get(f"{BATCHES}{uuid.uuid4()}/change/").status_code == 404
    assert client.get(f"{BATCHES}nonsense/change/").status_code == 404


def test_a_forged_post_to_the_page_itself_is_refused(cast: Cast) -> None:
    batch = make_mixed(cast.us.first)
    assert enter(cast.us.admin).post(batch_url(batch), {"description": "x"}).status_code == 403


# --- export ---------------------------------------------------------------------------------------


def rows_of(answer: Any) -> list[dict[str, str]]:
    """A CSV answer's rows."""
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_results_and_failed_rows_are_exported_and_that_is_logged(cast: Cast) -> None:
    batch = make_mixed(cast.us.first, description="Zainab's list")
    client, url = enter(cast.us.supervisor), verb_url("batch", "export", batch)
    assert "noted in the audit log" in text_of(client.get(url))
    answer = client.post(url, {"what": "results", "form": "csv"})
    assert "Zainab" not in answer.headers["Content-Disposition"]
    rows = rows_of(answer)
    assert [row["status"].partition(":")[0] for row in rows] == [
        "Done",
        "Done",
        "Failed",
        "Pending",
    ]
    assert len(rows_of(client.post(url, {"what": "failed", "form": "csv"}))) == 1
    details = [deed.details for deed in deeds("exported")]
    assert {"what": "results", "form": "csv", "rows": 4} in details
    assert {"what": "failed", "form": "csv", "rows": 1} in details
    assert all(deed.object_id == str(batch.pk) for deed in deeds("exported"))


def test_an_excel_export_is_an_excel_file(cast: Cast) -> None:
    url = verb_url("batch", "export", make_mixed(cast.us.first))
    answer: Any = enter(cast.us.supervisor).post(url, {"what": "results", "form": "xlsx"})
    assert b"".join(answer.streaming_content).startswith(b"PK")


def test_an_export_that_nobody_offers_is_not_made(cast: Cast) -> None:
    url = verb_url("batch", "export", make_mixed(cast.us.first))
    client = enter(cast.us.supervisor)
    for given in ({}, {"what": "everything", "form": "csv"}, {"what": "results", "form": "exe"}):
        assert "In which form" in text_of(client.post(url, given))
    assert deeds("exported") == []
