from __future__ import annotations

import gzip
import logging
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from eligibility.admin.places import fix_address
from eligibility.choices import Failure, Outcome
from eligibility.models import Connection, EligibilityTask, Payer
from eligibility.operations import fix_task
from portal.models import Role
from tests.cast import Cast
from tests.eligibility.admin.looking import (
    CHECKS,
    MOST_QUERIES,
    asked_at,
    deeds,
    events,
    listed,
    make_answered,
    make_batch,
    make_failed,
    make_patient,
    names_in,
    queries,
    task_url,
    text_of,
    verb_url,
)
from tests.portal.admin.entering import context, enter, said

pytestmark = pytest.mark.django_db
of_each_role = pytest.mark.parametrize("role", list(Role), ids=str)


# --- the list -------------------------------------------------------------------------------------


def test_a_list_shows_state_and_answer_in_words_and_identifiers_masked(cast: Cast) -> None:
    make_answered(cast.us.first, service_date="2026-11-24")
    make_failed(cast.us.first, number=2)
    text = text_of(enter(cast.us.viewer).get(CHECKS))
    assert "Done" in text
    assert "Eligible" in text
    assert "Failed" in text
    assert Failure.TIMEOUT.label in text
    assert "24 Nov 2026" in text
    assert "SYNTHETIC" in text
    assert "••••" in text
    assert "784-1980-1000001" not in text
    assert "0505500001" not in text


def test_a_list_shows_the_newest_first_and_the_rows_of_a_batch_by_line(cast: Cast) -> None:
    batch = make_batch(cast.us.first)
    first, second = (
        make_patient(cast.us.first, number, batch=batch, line=number) for number in (1, 2)
    )
    asked_at(first, timezone.now() - timedelta(hours=1))
    client = enter(cast.us.viewer)
    assert listed(client.get(CHECKS)) == [str(second.pk), str(first.pk)]
    assert listed(client.get(CHECKS, {"batch": str(batch.pk)})) == [str(first.pk), str(second.pk)]


def test_rows_of_other_clinics_and_teams_and_children_of_searches_are_absent(cast: Cast) -> None:
    mine = make_patient(cast.us.first)
    make_patient(cast.us.second, 2)
    make_patient(cast.them.first, 3)
    make_patient(cast.us.first, 4, parent=mine)
    assert listed(enter(cast.us.viewer).get(CHECKS)) == [str(mine.pk)]
    assert len(listed(enter(cast.us.supervisor).get(CHECKS))) == 2
    assert listed(enter(cast.them.supervisor).get(CHECKS, {"q": mine.id_value})) == []


def test_rows_of_two_clinics_are_merged_by_time_and_paged(cast: Cast) -> None:
    now = timezone.now()
    made = []
    for number in range(60):
        clinic = (cast.us.first, cast.us.second)[number % 2]
        made.append(make_patient(clinic, number))
        asked_at(made[-1], now - timedelta(minutes=number))
    client = enter(cast.us.supervisor)
    pages = [listed(client.get(CHECKS, {"p": page})) for page in (1, 2)]
    assert [len(page) for page in pages] == [50, 10]
    assert [*pages[0], *pages[1]] == [str(task.pk) for task in made]
    assert client.get(CHECKS, {"p": 3}).status_code == 302


def test_a_list_asks_as_many_questions_for_one_row_as_for_thirty(cast: Cast) -> None:
    make_answered(cast.us.first)
    client = enter(cast.us.supervisor)
    client.get(CHECKS)
    with queries() as for_one:
        client.get(CHECKS)
    for number in range(2, 31):
        make_answered((cast.us.first, cast.us.second)[number % 2], number=number)
    with queries() as for_thirty:
        answer = client.get(CHECKS)
    assert len(listed(answer)) == 30
    assert len(for_thirty) == len(for_one) <= MOST_QUERIES


def test_a_full_page_stays_small(cast: Cast) -> None:
    for number in range(50):
        make_failed(cast.us.first, number=number)
    body = enter(cast.us.operator).get(CHECKS).content
    assert len(gzip.compress(body)) < 200 * 1024


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"status": "failed"}, {"failed"}),
        ({"status": "pending"}, {"pending", "test"}),
        ({"status": "done"}, {"eligible", "doubtful"}),
        ({"outcome": "member_not_found"}, {"doubtful"}),
        ({"failure": "timeout"}, {"failed"}),
        ({"failure": "internal"}, set()),
        ({"review": "needs_attention"}, {"failed", "doubtful"}),
        ({"review": "accepted"}, set()),
        ({"kind": "test"}, {"test"}),
        ({"payer": "TPA004"}, {"pending"}),
        ({"cause": "No answer."}, {"failed"}),
        ({"status": "failed", "payer": "TPA004"}, set()),
        (
            {"status": "nonsense", "payer": "nobody"},
            {"eligible", "doubtful", "failed", "pending", "test"},
        ),
    ],
)
def test_each_filter_finds_its_rows(cast: Cast, given: dict[str, str], found: set[str]) -> None:
    clinic = cast.us.first
    make_answered(clinic, name="eligible")
    make_answered(clinic, "member_not_found", name="doubtful", number=2, review="needs_attention")
    make_failed(clinic, name="failed", number=3)
    make_patient(clinic, 4, name="pending", payer=Payer.objects.get(code="TPA004"))
    make_patient(clinic, 5, name="test", test_mode=True)
    assert set(names_in(enter(cast.us.viewer).get(CHECKS, given))) == found


def test_synthetic_and_real_rows_are_told_apart_by_their_connection(cast: Cast) -> None:
    made_up = Connection.objects.filter(team=cast.us.team, payer__code="TPA002").get()
    real = Connection.objects.filter(team=cast.us.team, payer__code="TPA004").get()
    Connection.objects.filter(pk=real.pk).update(connector="http_json")
    make_patient(cast.us.first, name="made up", connection=made_up)
    make_patient(cast.us.first, 2, name="real", connection=real)
    client = enter(cast.us.viewer)
    assert names_in(client.get(CHECKS, {"kind": "synthetic"})) == ["made up"]
    assert names_in(client.get(CHECKS, {"kind": "real"})) == ["real"]


def test_the_clinic_filter_offers_only_the_persons_own(cast: Cast) -> None:
    make_patient(cast.us.first, name="first")
    make_patient(cast.us.second, 2, name="second")
    make_patient(cast.them.first, 3, name="theirs")
    client = enter(cast.us.supervisor)
    assert names_in(client.get(CHECKS, {"clinic": str(cast.us.second.pk)})) == ["second"]
    assert "theirs" not in names_in(client.get(CHECKS, {"clinic": str(cast.them.first.pk)}))
    assert 'name="clinic"' not in enter(cast.us.viewer).get(CHECKS).content.decode()


def test_days_are_those_of_the_clinic(cast: Cast) -> None:
    zone = cast.us.first.zone
    midnight = datetime.now(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    for name, moment in {
        "today": midnight + timedelta(seconds=1),
        "yesterday": midnight - timedelta(seconds=1),
        "this week": midnight - timedelta(days=5),
        "before": midnight - timedelta(days=30),
    }.items():
        asked_at(make_patient(cast.us.first, name=name), moment)
    client = enter(cast.us.viewer)
    assert names_in(client.get(CHECKS, {"asked": "today"})) == ["today"]
    assert names_in(client.get(CHECKS, {"asked": "yesterday"})) == ["yesterday"]
    assert names_in(client.get(CHECKS, {"asked": "7days"})) == ["today", "yesterday", "this week"]
    long_ago = (midnight - timedelta(days=31)).date().isoformat()
    a_week_ago = (midnight - timedelta(days=7)).date().isoformat()
    between = {"asked_from": long_ago, "asked_to": a_week_ago}
    assert names_in(client.get(CHECKS, between)) == ["before"]
    assert names_in(client.get(CHECKS, {"asked_to": a_week_ago})) == ["before"]
    assert len(names_in(client.get(CHECKS, {"asked_from": "nonsense"}))) == 4


@pytest.mark.parametrize(
    "term",
    [
        "784-1980-1000001-9",
        "784198010000",
        "784 1980 1000001",
        "٧٨٤١٩٨٠١٠٠٠٠٠١",
        "REF-0001",
        "ref-0001",
        "REF-000",
        "Ali Far",
        "ali f",
        "FAROUK",
        "arou",
        "0505500001",
        "+971 50 550 0001",
    ],
)
def test_a_search_finds_a_check_by_whatever_people_have_in_hand(cast: Cast, term: str) -> None:
    wanted = make_patient(cast.us.first, 1, name="Ali Farouk", phone="050 550 0001")
    make_patient(cast.us.first, 20_002, name="Sara Saeed", client_reference="OTHER", phone="04 1")
    client = enter(cast.us.viewer)
    if term.startswith("784-"):
        term = wanted.id_value
    assert listed(client.get(CHECKS, {"q": term})) == [str(wanted.pk)]


@pytest.mark.parametrize(
    "term", ["%", "_", "x", "zzzz", "'; --", "\\", "784-1980-1000001-9 or", "é"]
)
def test_a_search_for_anything_else_finds_nothing_and_breaks_nothing(cast: Cast, term: str) -> None:
    make_patient(cast.us.first, name="Ali Farouk")
    answer = enter(cast.us.viewer).get(CHECKS, {"q": term})
    assert answer.status_code == 200
    assert listed(answer) == []
    assert "Nothing fits" in text_of(answer)


def test_a_check_is_found_by_its_own_id(cast: Cast) -> None:
    wanted = make_patient(cast.us.first)
    make_patient(cast.us.first, 2)
    assert listed(enter(cast.us.viewer).get(CHECKS, {"q": str(wanted.pk)})) == [str(wanted.pk)]


def test_a_search_that_very_many_fit_is_bounded_and_says_so(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("search", "lists"):
        monkeypatch.setattr(f"eligibility.admin.{module}.MOST_FOUND", 2)
    monkeypatch.setattr("eligibility.admin.search.WALKED", 3)
    for number in range(5):
        make_patient(cast.us.first, number, name=f"Ali {number}")
    many = enter(cast.us.viewer).get(CHECKS, {"q": "ali"})
    assert len(listed(many)) == 2
    assert "2 checks or more fit. Type more of what you look for." in text_of(many)
    one = enter(cast.us.viewer).get(CHECKS, {"q": "ali 3"})
    assert "Type more" not in text_of(one)


def test_a_search_keeps_to_the_filters(cast: Cast) -> None:
    make_failed(cast.us.first, name="Ali Farouk")
    pending = make_patient(cast.us.first, 2, name="Ali Saeed")
    answer = enter(cast.us.viewer).get(CHECKS, {"q": "ali", "status": "pending"})
    assert listed(answer) == [str(pending.pk)]


def test_any_other_lookup_is_refused(cast: Cast) -> None:
    client = enter(cast.us.viewer)
    for lookup in ("name__icontains", "id_value", "team__name", "clinic__team__name"):
        assert client.get(CHECKS, {lookup: "x"}).status_code == 400, lookup


def test_a_typed_term_is_in_no_log_and_in_no_other_pages_address(
    cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    make_patient(cast.us.first, name="Ali Farouk")
    client = enter(cast.us.viewer)
    with caplog.at_level(logging.DEBUG):
        answer = client.get(CHECKS, {"q": "Ali Farouk", "status": "pending"})
        client.get(CHECKS, {"q": "Ali Farouk", "nonsense": "1"})
        client.get(CHECKS, {"q": "Ali\0Farouk"})
    logged = " ".join(record.getMessage() for record in caplog.records)
    assert "Farouk" not in logged
    assert "_changelist_filters" not in answer.content.decode()


def test_an_empty_list_says_where_checks_come_from(cast: Cast) -> None:
    text = text_of(enter(cast.us.operator).get(CHECKS))
    assert "There are no checks yet" in text


# --- acting on selected rows ----------------------------------------------------------------------


def test_selected_checks_run_again_after_a_page_that_says_how_many_will_not(cast: Cast) -> None:
    failed, pending = make_failed(cast.us.first), make_patient(cast.us.first, 2)
    client = enter(cast.us.operator)
    chosen = {
        "action": "rerun_selected",
        "index": "0",
        "select_across": "0",
        "_selected_action": [str(failed.pk), str(pending.pk)],
    }
    asked = client.post(CHECKS, chosen)
    assert "about 1 check" in text_of(asked)
    assert "1 check stays as it is: already in line" in text_of(asked)
    failed.refresh_from_db()
    assert failed.status == "failed"
    done = client.post(CHECKS, {**chosen, "confirmed": "1"})
    assert "1 check is in line again. Left as they were: 1 already in line." in said(done)
    assert events(failed) == [("failed", "pending", cast.us.operator.pk)]
    (deed,) = deeds("rerun")
    assert (deed.object_id, deed.actor_id) == (str(failed.pk), cast.us.operator.pk)


def test_another_clinics_rows_cannot_be_selected(cast: Cast) -> None:
    theirs = make_failed(cast.us.second)
    chosen = {"action": "rerun_selected", "index": "0", "_selected_action": [str(theirs.pk)]}
    enter(cast.us.operator).post(CHECKS, {**chosen, "confirmed": "1"})
    theirs.refresh_from_db()
    assert theirs.status == "failed"


@of_each_role
def test_a_role_sees_and_may_use_its_own_list_actions_only(cast: Cast, role: Role) -> None:
    task = make_patient(cast.us.first)
    client = enter(cast.us.people[role])
    page = client.get(CHECKS).content.decode()
    may = {
        "rerun_selected": role != Role.VIEWER,
        "cancel_selected": role in (Role.SUPERVISOR, Role.ADMIN),
    }
    for action, allowed in may.items():
        assert (f'value="{action}"' in page) == allowed
        chosen = {"action": action, "index": "0", "_selected_action": [str(task.pk)]}
        answer = client.post(CHECKS, {**chosen, "confirmed": "1"})
        assert answer.status_code == (302 if allowed else 403)


# --- a check's page -------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", Outcome.values)
def test_every_outcome_leads_with_its_card(cast: Cast, outcome: str) -> None:
    task = make_answered(cast.us.first, outcome)
    text = text_of(enter(cast.us.viewer).get(task_url(task)))
    assert Outcome(outcome).label in text
    assert "SYNTHETIC" in text
    assert text.index("answered just now") < text.index("What was asked")


@pytest.mark.parametrize("failure", Failure.values)
def test_every_failure_says_what_happened_what_to_do_and_who_acts(cast: Cast, failure: str) -> None:
    task = make_failed(cast.us.first, failure, failure_message="The words of the payer.")
    text = text_of(enter(cast.us.viewer).get(task_url(task)))
    assert Failure(failure).label in text
    assert "The words of the payer." in text
    assert "What to do" in text
    assert "Who acts" in text


def test_a_pending_running_waiting_or_cancelled_check_says_where_it_stands(cast: Cast) -> None:
    now = timezone.now()
    client = enter(cast.us.viewer)
    states: dict[str, dict[str, Any]] = {
        "In line": {"status": "pending", "run_at": now},
        "Being asked": {"status": "running", "lease_until": now + timedelta(minutes=1)},
        "Waiting for the payer": {"status": "waiting", "look": "poll"},
        "Cancelled": {"status": "cancelled"},
    }
    for word, fields in states.items():
        text = text_of(client.get(task_url(make_patient(cast.us.first, **fields))))
        assert word in text


def test_an_earlier_answer_is_never_shown_as_the_answer(cast: Cast) -> None:
    task = make_answered(cast.us.first)
    client = enter(cast.us.operator)
    client.post(verb_url("task", "rerun", task), {"confirmed": "1"})
    text = text_of(client.get(task_url(task)))
    assert "Earlier answer" in text
    assert text.index("In line") < text.index("Earlier answer")


def test_a_correction_is_shown_with_before_and_after_beside_the_original(cast: Cast) -> None:
    task = make_answered(cast.us.first, request_dump={"name": "Alli", "tpa_name": "TPA002"})
    fixed = fix_task(
        task=task,
        changes={"name": "Ali Farouk"},
        version=task.version,
        actor=cast.us.operator.pk,
        rerun=False,
    )
    assert fixed.changed == ["name"]
    text = text_of(enter(cast.us.viewer).get(task_url(task)))
    assert "Correction 1" in text
    assert cast.us.operator.get_username() in text
    assert "Zainab Testperson Ali Farouk" in text
    assert "As it came in" in text
    assert "Alli" in text
    assert "corrected after this answer" in text


def test_the_request_and_its_doubts_are_told_in_words_with_the_codes_as_sent(cast: Cast) -> None:
    doubt = {
        "code": "id_type.unusual",
        "pointer": "/visit_type",
        "message": "tpa_name INS026 seldom takes visit_type INPATIENT",
        "suggestion": "OUTPATIENT",
    }
    sent = {"tpa_name": "INS026", "visit_type": "INPATIENT", "dob": "1986-11-13"}
    task = make_answered(cast.us.first, request_dump=sent, warnings=[doubt])
    answer = enter(cast.us.viewer).get(task_url(task))
    parts = context(answer)["request_parts"]
    (said_of_it,) = parts["doubts"]
    daman = Payer.objects.get(code="INS026").name
    assert said_of_it["message"] == f"Payer {daman} seldom takes Visit type Inpatient"
    assert said_of_it["suggestion"] == "Outpatient"
    assert ("Visit type", "Inpatient", "INPATIENT") in parts["original"]
    assert ("Date of birth", "13 Nov 1986", "1986-11-13") in parts["original"]
    assert f"{daman} INS026" in text_of(answer)
    assert "seldom takes visit_type" not in text_of(answer)


def test_a_correction_of_a_code_is_told_in_words(cast: Cast) -> None:
    task = make_failed(cast.us.first, visit_type="OUTPATIENT")
    fix_task(
        task=task,
        changes={"visit_type": "DENTAL"},
        version=task.version,
        actor=cast.us.operator.pk,
        rerun=False,
    )
    client = enter(cast.us.operator)
    assert "Visit type Outpatient Dental" in text_of(client.get(task_url(task)))
    assert "Visit type: Outpatient → Dental" in text_of(client.get(fix_address(task)))


def test_attempts_and_events_tell_the_whole_story(cast: Cast) -> None:
    task = make_answered(cast.us.first)
    client = enter(cast.us.operator)
    client.post(verb_url("task", "rerun", task), {"confirmed": "1"})
    text = text_of(client.get(task_url(task)))
    assert "No. 1" in text
    assert "this answer counts" in text
    assert f"by {cast.us.operator.get_username()}" in text


def test_the_raw_exchange_is_for_supervisors_and_names_no_identifier(cast: Cast) -> None:
    task = make_answered(cast.us.first)
    attempt = task.attempts.get()
    attempt.raw = {
        "echo": f"asked for {task.id_value}",
        "id_value": task.id_value,
        "kept": "PAYLOAD",
    }
    attempt.save()
    assert "PAYLOAD" not in enter(cast.us.operator).get(task_url(task)).content.decode()
    seen = enter(cast.us.supervisor).get(task_url(task)).content.decode()
    assert "PAYLOAD" in seen
    assert task.id_value not in seen


def test_identifiers_are_masked_until_somebody_reveals_them_and_that_is_logged(cast: Cast) -> None:
    task = make_answered(cast.us.first, answer={"member": {"card": "CARD-123456"}})
    secrets = (task.id_value, task.phone, "CARD-123456")
    client = enter(cast.us.supervisor)
    assert not any(each in client.get(task_url(task)).content.decode() for each in secrets)
    assert deeds("revealed") == []
    asked = client.get(verb_url("task", "reveal", task))
    assert not any(each in asked.content.decode() for each in secrets)
    shown = client.post(verb_url("task", "reveal", task), {"confirmed": "1"})
    assert shown.status_code == 200
    assert all(each in shown.content.decode() for each in secrets)
    (deed,) = deeds("revealed")
    assert (deed.object_id, deed.actor_id) == (str(task.pk), cast.us.supervisor.pk)
    assert task.id_value not in str(deed.changes) + str(deed.details) + deed.object_name
    assert task.id_value not in client.get(task_url(task)).content.decode()


def test_a_page_asks_as_many_questions_for_one_attempt_as_for_thirty(cast: Cast) -> None:
    task = make_answered(cast.us.first)
    client = enter(cast.us.supervisor)
    client.get(task_url(task))
    with queries() as for_one:
        client.get(task_url(task))
    connection = Connection.objects.filter(team=cast.us.team)[0]
    for number in range(2, 31):
        task.attempts.create(
            number=number,
            connection=connection,
            fence=1,
            worker="w",
            state="failed",
            failure="timeout",
        )
    with queries() as for_thirty:
        client.get(task_url(task))
    assert len(for_thirty) == len(for_one) <= MOST_QUERIES


@of_each_role
def test_a_role_sees_and_may_use_its_own_buttons_only(cast: Cast, role: Role) -> None:
    ended, open_row = make_failed(cast.us.first), make_patient(cast.us.first, 2)
    client = enter(cast.us.people[role])
    operates, supervises = role != Role.VIEWER, role in (Role.SUPERVISOR, Role.ADMIN)
    may = [
        (ended, "rerun", operates),
        (ended, "reveal", supervises),
        (open_row, "cancel", supervises),
    ]
    for task, verb, allowed in may:
        page = client.get(task_url(task)).content.decode()
        assert (verb_url("task", verb, task) in page) == allowed, verb
        assert client.get(verb_url("task", verb, task)).status_code == (200 if allowed else 403)
    assert ("/fix/" in client.get(task_url(ended)).content.decode()) == operates
    for task, verb, allowed in may:
        answer = client.post(verb_url("task", verb, task), {"confirmed": "1"})
        assert (answer.status_code == 403) != allowed, verb
        task.refresh_from_db()
    assert ended.status == ("pending" if operates else "failed")
    assert open_row.status == ("cancelled" if supervises else "pending")


def test_a_button_without_its_confirmation_only_asks(cast: Cast) -> None:
    task = make_patient(cast.us.first)
    answer = enter(cast.us.supervisor).post(verb_url("task", "cancel", task))
    assert "Cancel this check?" in text_of(answer)
    task.refresh_from_db()
    assert task.status == "pending"


def test_what_cannot_move_says_why(cast: Cast) -> None:
    task = make_patient(cast.us.first)
    client = enter(cast.us.operator)
    assert "already in line" in text_of(client.get(verb_url("task", "rerun", task)))
    done = client.post(verb_url("task", "rerun", task), {"confirmed": "1"})
    assert "No check is in line again. Left as they were: 1 already in line." in said(done)
    assert deeds("rerun") == []


def test_other_peoples_checks_are_not_there(cast: Cast) -> None:
    theirs = [make_patient(cast.us.second), make_patient(cast.them.first, 2)]
    child = make_patient(cast.us.first, 3, parent=make_patient(cast.us.first, 4))
    client = enter(cast.us.operator)
    missing = reverse("admin:eligibility_eligibilitytask_change", args=[uuid.uuid4()])
    assert client.get(missing).status_code == 404
    theirs.append(make_patient(cast.us.second, 5, parent=theirs[0]))
    for task in theirs:
        assert client.get(task_url(task)).status_code == 404
    for task in (*theirs, child):
        for verb in ("live", "rerun"):
            assert client.get(verb_url("task", verb, task)).status_code == 404
        assert client.post(verb_url("task", "rerun", task), {"confirmed": "1"}).status_code == 404
    assert client.get(f"{CHECKS}nonsense/change/").status_code == 404


def test_a_forged_post_to_the_page_itself_is_refused(cast: Cast) -> None:
    task = make_failed(cast.us.first)
    for role in Role:
        answer = enter(cast.us.people[role]).post(task_url(task), {"status": "done"})
        assert answer.status_code == 403
    task.refresh_from_db()
    assert task.status == "failed"


def test_the_living_part_ends_with_the_check(cast: Cast) -> None:
    task = make_patient(cast.us.first)
    client = enter(cast.us.viewer)
    page = client.get(task_url(task)).content.decode()
    live = verb_url("task", "live", task)
    assert f'data-live="{live}"' in page
    part = client.get(live).content.decode()
    assert "<html" not in part
    assert "data-live-ended" not in part
    EligibilityTask.objects.filter(pk=task.pk).update(status="cancelled")
    assert "data-live-ended" in client.get(live).content.decode()
    assert "data-live=" not in client.get(task_url(task)).content.decode()


def test_nothing_of_the_patient_is_in_title_or_address(cast: Cast) -> None:
    task = make_answered(cast.us.first)
    page = enter(cast.us.supervisor).get(task_url(task)).content.decode()
    title = page[page.index("<title>") : page.index("</title>")]
    assert "Zainab" not in title
    assert task.client_reference not in title
    links = [part.partition('"')[0] for part in page.split('href="')[1:]]
    assert not any("Zainab" in link or task.id_key in link for link in links)


def test_text_of_strangers_is_shown_as_text(cast: Cast) -> None:
    evil = "<script>alert(1)</script>"
    task = make_failed(
        cast.us.first, name=evil, failure_message=evil, request_dump={evil: [evil]},
        extra_args={"title": evil, "value": evil}, client_reference=evil,
    )  # fmt: skip
    client = enter(cast.us.supervisor)
    for answer in (client.get(task_url(task)), client.get(CHECKS)):
        assert evil not in answer.content.decode()
        assert "&lt;script&gt;" in answer.content.decode()
