from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from eligibility.models import Batch, Connection, EligibilityTask, LaneState, WorkerHost
from portal.models import Clinic, RejectedRow, Submission, User
from tests.cast import Cast, House
from tests.factories import make_task

pytestmark = pytest.mark.django_db

HOME, LIVE = "/admin/", "/admin/home/live/"
MOST_QUERIES = 17


def enter(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def look(user: User, address: str = LIVE) -> Any:
    answer = enter(user).get(address)
    assert answer.status_code == 200
    return answer


def make_batch(house: House, clinic: Clinic | None = None, **fields: Any) -> Batch:
    clinic = clinic or house.first
    return Batch.objects.create(team=house.team, clinic=clinic, **fields)


def make_rows(batch: Batch, count: int, **fields: Any) -> None:
    lane = Connection.objects.filter(team=batch.team, payer__isnull=False).order_by("pk").first()
    assert lane is not None
    for _ in range(count):
        make_task(batch.clinic, batch=batch, connection=lane, payer=lane.payer, **fields)


def answered(outcome: str, **fields: Any) -> dict[str, Any]:
    now = timezone.now()
    return {"status": "done", "outcome": outcome, "finished_at": now, "asked_at": now} | fields


def failed(failure: str) -> dict[str, Any]:
    return {
        "status": "failed",
        "failure": failure,
        "review": "needs_attention",
        "finished_at": timezone.now(),
    }


def make_import(house: House, *, rejected: int, source: str = "file") -> Submission:
    submission = Submission.objects.create(
        team=house.team,
        clinic=house.first,
        kind="eligibility.tasks",
        source=source,
        total_rows=5,
        accepted_rows=5 - rejected,
        rejected_rows=rejected,
    )
    for line in range(rejected):
        RejectedRow.objects.create(
            submission=submission, line=line, raw={}, errors=[], topic="", cause="x/y"
        )
    return submission


def make_host(*, seen: float = 0, answered: float | None = 0, name: str = "h1") -> None:
    now = timezone.now()
    WorkerHost.objects.create(
        id=name,
        name="secret-machine",
        pid=1,
        workers=3,
        started_at=now,
        seen_at=now - timedelta(seconds=seen),
        answered_at=None if answered is None else now - timedelta(seconds=answered),
    )


def tiles(answer: Any) -> dict[str, int]:
    return {tile.word: tile.count for tile in answer.context_data["tiles"]}


def test_an_empty_home_says_what_to_do_first_to_who_may_do_it(cast: Cast) -> None:
    page = look(cast.us.operator).content.decode()
    assert "Nothing has been checked yet" in page
    assert reverse("docs") in page
    ways = look(cast.us.viewer).context_data["ways_in"]
    assert set(ways) == {"docs"}


def test_somebody_without_a_clinic_is_told_whom_to_ask(cast: Cast) -> None:
    cast.us.viewer.clinics.clear()
    assert "You belong to no clinic yet" in look(cast.us.viewer, HOME).content.decode()


def test_todays_answers_are_counted_by_outcome(cast: Cast) -> None:
    batch = make_batch(cast.us)
    make_rows(batch, 3, **answered("eligible"))
    make_rows(batch, 2, **answered("undetermined"))
    make_rows(batch, 1, **failed("timeout"))
    make_rows(batch, 4, **answered("eligible", finished_at=timezone.now() - timedelta(days=2)))
    found = tiles(look(cast.us.viewer))
    assert found == {
        "Eligible": 3,
        "Not eligible": 0,
        "Member not found": 0,
        "Undetermined": 2,
        "No answer": 1,
    }


def test_the_last_batches_show_progress_and_what_needs_people(cast: Cast) -> None:
    batch = make_batch(cast.us, description="Dialysis, tomorrow")
    make_rows(batch, 3, **answered("eligible"))
    make_rows(batch, 1, **failed("input_invalid"))
    make_rows(batch, 4)
    (line,) = look(cast.us.viewer).context_data["batches"]
    assert (line.title, line.finished, line.total, line.attention) == (
        "Dialysis, tomorrow",
        4,
        8,
        1,
    )


def test_a_batch_has_one_name_on_every_page(cast: Cast) -> None:
    batch = make_batch(cast.us)
    make_rows(batch, 1, **failed("timeout"))
    client = enter(cast.us.operator)
    home: Any = client.get("/admin/")
    (line,) = home.context_data["batches"]
    assert line.title.startswith("Batch of ")
    for path in (
        "/admin/eligibility/batch/",
        f"/admin/eligibility/batch/{batch.pk}/change/",
        f"/admin/eligibility/batch/{batch.pk}/rerun/",
        f"/admin/eligibility/eligibilitytask/?batch={batch.pk}",
        "/admin/worklist/",
    ):
        assert line.title in client.get(path).content.decode(), path


def first_lane(house: House) -> Any:
    """The lane that `make_rows` puts rows into."""
    return Connection.objects.filter(team=house.team, payer__isnull=False).order_by("pk")[:1]


def test_a_running_batch_is_forecast_by_the_pace_of_its_lanes(cast: Cast) -> None:
    Connection.objects.filter(pk__in=first_lane(cast.us)).update(expected_pace=0.05)
    batch = make_batch(cast.us)
    make_rows(batch, 20, **answered("eligible"))
    make_rows(batch, 60, run_at=timezone.now())
    (line,) = look(cast.us.viewer).context_data["batches"]
    assert line.forecast == "About 20 min left"


def test_of_a_batch_in_a_paused_lane_nobody_claims_to_know_the_end(cast: Cast) -> None:
    now = timezone.now()
    Connection.objects.filter(pk__in=first_lane(cast.us)).update(paused_at=now)
    make_rows(make_batch(cast.us), 3, run_at=now)
    answer = look(cast.us.viewer)
    (line,) = answer.context_data["batches"]
    assert line.forecast == "Held: Somebody paused the lane."
    (held,) = answer.context_data["lanes"]["held"]
    assert held.why.endswith("It waits for somebody to resume it.")
    assert held.address in answer.content.decode()


def test_lanes_that_are_held_are_told_with_until_when(cast: Cast) -> None:
    lanes = Connection.objects.filter(team=cast.us.team).order_by("pk")
    now = timezone.now()
    until = {"throttled_at": now, "throttled_until": now + timedelta(hours=1)}
    LaneState.objects.create(connection=lanes[1], **until)
    lanes.filter(pk=lanes[2].pk).update(is_active=False)
    make_rows(make_batch(cast.us), 1)
    (held,) = look(cast.us.viewer).context_data["lanes"]["held"]
    assert str(held.badge.word) == "Slowed down"
    assert "Continues " in held.why


def test_admins_are_told_of_a_login_that_the_payer_refuses(cast: Cast) -> None:
    lane = Connection.objects.filter(team=cast.us.team, payer__isnull=False).order_by("pk")[0]
    LaneState.objects.create(connection=lane, login_failures=2, credential_locked_at=timezone.now())
    make_rows(make_batch(cast.us), 1)
    assert "refuses our login" in look(cast.us.admin).content.decode()
    assert "refuses our login" not in look(cast.us.operator).content.decode()
    assert "refuses our login" not in look(cast.them.admin).content.decode()


def test_a_scheduled_batch_says_when_it_starts_and_ends(cast: Cast) -> None:
    starts = timezone.now() + timedelta(days=1)
    batch = make_batch(cast.us, scheduled_for=starts, expected_by=starts + timedelta(minutes=30))
    make_rows(batch, 1, run_at=starts)
    (line,) = look(cast.us.viewer).context_data["batches"]
    assert line.forecast.startswith("Starts at ")
    assert "done by" in line.forecast


def test_what_waits_for_people_is_grouped_by_cause(cast: Cast) -> None:
    batch = make_batch(cast.us)
    make_rows(batch, 2, **failed("timeout"))
    make_import(cast.us, rejected=3)
    attention = look(cast.us.viewer).context_data["attention"]
    assert attention.rows == 5
    assert {group.key.cause: group.count for group, *_ in attention.groups} == {
        "timeout": 2,
        "x/y": 3,
    }


def test_the_line_says_how_long_the_oldest_due_row_waits(cast: Cast) -> None:
    batch = make_batch(cast.us)
    now = timezone.now()
    make_rows(batch, 1, run_at=now - timedelta(minutes=12))
    make_rows(batch, 1, run_at=now - timedelta(minutes=1))
    make_rows(batch, 1, run_at=now + timedelta(hours=1))
    queue = look(cast.us.viewer).context_data["queue"]
    assert (queue.due, queue.oldest, queue.is_late) == (2, "12 min", True)


@pytest.mark.parametrize(
    ("host", "word"),
    [
        ({}, "3 alive"),
        ({"seen": 120}, "No workers"),
        ({"answered": 120}, "Stuck"),
        ({"answered": None}, "Starting"),
    ],
)
def test_workers_are_alive_starting_stuck_or_gone(
    host: dict[str, Any], word: str, cast: Cast
) -> None:
    make_host(**host)
    answer = look(cast.us.viewer)
    assert answer.context_data["workers"].badge.word == word
    assert "secret-machine" not in answer.content.decode()


def test_the_last_files_say_how_many_rows_were_not_accepted(cast: Cast) -> None:
    make_batch(cast.us, submission=make_import(cast.us, rejected=2))
    make_import(cast.us, rejected=0, source="api")
    (found,) = look(cast.us.viewer).context_data["imports"]
    assert (found.total, found.accepted, found.rejected) == (5, 3, 2)


def test_large_numbers_of_rows_are_written_in_groups_of_digits(cast: Cast) -> None:
    make_rows(make_batch(cast.us), 1, **answered("eligible"))
    large = make_import(cast.us, rejected=0)
    sizes = {"total_rows": 12_000, "accepted_rows": 10_003, "rejected_rows": 1_997}
    Submission.objects.filter(pk=large.pk).update(**sizes)
    page = look(cast.us.viewer).content.decode()
    assert "12,000 rows" in page
    assert "1,997 not accepted" in page


def test_nothing_of_another_clinic_or_team_is_counted(cast: Cast) -> None:
    make_rows(make_batch(cast.us), 1, **answered("eligible"))
    for house, clinic in ((cast.us, cast.us.second), (cast.them, cast.them.first)):
        batch = make_batch(house, clinic, description="Not for you")
        make_rows(batch, 2, **answered("eligible"))
        make_rows(batch, 2, **failed("timeout"))
        make_rows(batch, 2, run_at=timezone.now())
    make_import(cast.them, rejected=1)
    answer = look(cast.us.viewer)
    assert "Not for you" not in answer.content.decode()
    assert tiles(answer)["Eligible"] == 1
    assert tiles(answer)["No answer"] == 0
    assert answer.context_data["attention"].rows == 0
    assert answer.context_data["queue"].due == 0
    assert answer.context_data["imports"] == []


def test_a_full_home_costs_seventeen_queries_however_much_there_is(cast: Cast) -> None:
    client = enter(cast.us.supervisor)
    for number in range(8):
        batch = make_batch(cast.us, submission=make_import(cast.us, rejected=1))
        make_rows(batch, 2, **answered("eligible"))
        make_rows(batch, 1, **failed("timeout"))
        make_rows(batch, 1, run_at=timezone.now())
        make_host(name=f"h{number}")
        client.get(HOME)
    for address in (HOME, LIVE):
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        assert len(queries) <= MOST_QUERIES, [each["sql"] for each in queries.captured_queries]


def test_the_live_part_holds_the_same_parts_as_the_page_and_no_frame(cast: Cast) -> None:
    make_rows(make_batch(cast.us), 1)
    page, part = look(cast.us.viewer, HOME).content.decode(), look(cast.us.viewer).content.decode()
    for name in ("answers", "locked", "attention", "batches", "machine", "imports"):
        assert f'data-part="{name}"' in page
        assert f'data-part="{name}"' in part
    assert "<html" not in part
    assert f'data-live="{LIVE}"' in page


def test_looking_again_prolongs_no_session(cast: Cast) -> None:
    client = enter(cast.us.viewer)
    client.get(HOME)
    before = client.session["portal_seen"] - 120
    session = client.session
    session["portal_seen"] = before
    session.save()
    client.get(LIVE, headers={"X-Background": "1"})
    assert client.session["portal_seen"] == before


def test_no_patient_is_named_on_the_home_page(cast: Cast) -> None:
    batch = make_batch(cast.us)
    make_rows(batch, 2, name="Sentinel Person", id_value="784-1990-1111111-1", **failed("timeout"))
    assert EligibilityTask.objects.filter(name="Sentinel Person").count() == 2
    page = look(cast.us.admin, HOME).content.decode()
    assert "Sentinel" not in page
    assert "784-1990" not in page
