"""The lanes page: what runs, what is held, why, and until when, in one look."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from eligibility.choices import BreakerState, Failure, Look, Status
from eligibility.models import Batch, Connection, EligibilityTask, LaneState, Payer
from portal import audit
from portal.models import User, Verb
from tests.cast import Cast, House
from tests.eligibility.engine.helpers import make_rows

pytestmark = pytest.mark.django_db

LANES, LIVE = "/admin/lanes/", "/admin/lanes/live/"
FEWER_THAN = 12


def enter(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def look(user: User, address: str = LIVE) -> Any:
    answer = enter(user).get(address)
    assert answer.status_code == 200
    return answer


def lane_of(house: House, number: int = 0, **fields: Any) -> Connection:
    """One of the house's lanes to a payer."""
    lanes = Connection.objects.filter(team=house.team, payer__isnull=False).order_by("pk")
    lane = lanes[number]
    Connection.objects.filter(pk=lane.pk).update(**fields)
    return Connection.objects.get(pk=lane.pk)


def put(lane: Connection, count: int, **fields: Any) -> None:
    """Rows of the lane in this state."""
    make_rows(lane, count, **fields)


def line(user: User, lane: Connection) -> dict[str, Any]:
    """The lane's line in the list."""
    lines = look(user).context_data["lanes"]
    return next(each for each in lines if each["pk"] == lane.pk)


def word(line: dict[str, Any]) -> str:
    return str(line["badge"].word)


def test_a_line_says_what_waits_what_runs_and_how_long_it_takes(cast: Cast) -> None:
    lane, now = lane_of(cast.us, expected_pace=1.0), timezone.now()
    put(lane, 60, run_at=now - timedelta(minutes=7))
    put(lane, 3, run_at=now + timedelta(hours=1))
    asked = {"asked_at": now, "run_at": now + timedelta(minutes=1)}
    put(lane, 2, status=Status.WAITING, look=Look.POLL, **asked)
    put(lane, 1, status=Status.RUNNING, lease_until=now, worker="h:1")

    found = line(cast.us.viewer, lane)

    assert word(found) == "Running"
    assert found["due"] == "60"
    assert found["beside"] == ["3 later", "2 at the payer"]
    assert found["in_flight"] == f"1 of {lane.max_in_flight}"
    assert found["usual"] == "expected 1.0 a second"
    assert found["left"] == "in 62 s"
    assert (found["oldest"], found["is_late"]) == ("7 min", True)


def test_the_pace_now_is_what_came_out_in_the_last_minute(cast: Cast) -> None:
    lane, now = lane_of(cast.us), timezone.now()
    times = {"finished_at": now, "asked_at": now - timedelta(seconds=1), "run_at": None}
    put(lane, 30, status=Status.DONE, outcome="eligible", **times)

    assert line(cast.us.viewer, lane)["pace"] == "30.0 a minute"


def test_a_paused_lane_says_who_paused_it_and_why(cast: Cast) -> None:
    lane = lane_of(
        cast.us,
        paused_at=timezone.now(),
        paused_by=cast.us.supervisor.pk,
        pause_reason="They move house",
    )
    put(lane, 5)

    found = line(cast.us.viewer, lane)

    assert word(found) == "Paused"
    assert found["why"].startswith(f"{cast.us.supervisor.username} paused it at ")
    assert "“They move house”" in found["why"]
    assert found["finish"] == "Not known"
    assert found["left"] == ""


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"breaker": BreakerState.OPEN, "pause": 60.0}, "Payer down"),
        ({"breaker": BreakerState.HALF_OPEN, "pause": 60.0}, "Trying one row"),
        ({"credential_locked_at": timezone.now(), "login_failures": 2}, "Login locked"),
        ({"throttled_until": timezone.now() + timedelta(hours=1)}, "Slowed down"),
    ],
)
def test_a_lane_that_its_payer_holds_says_so(
    cast: Cast, state: dict[str, Any], expected: str
) -> None:
    lane, now = lane_of(cast.us), timezone.now()
    if "breaker" in state:
        state = {**state, "open_until": now + timedelta(hours=1), "opened_at": now}
    LaneState.objects.create(connection=lane, **state)

    found = line(cast.us.viewer, lane)

    assert word(found) == expected
    assert found["why"]


def test_a_lane_about_to_try_again_is_not_called_down(cast: Cast) -> None:
    lane, now = lane_of(cast.us), timezone.now()
    LaneState.objects.create(
        connection=lane, breaker=BreakerState.OPEN, open_until=now, opened_at=now, pause=30.0
    )

    found = line(cast.us.viewer, lane)

    assert (word(found), found["why"][:7]) == ("Tries again", "One row")


def test_limits_and_what_is_left_of_them_are_told(cast: Cast) -> None:
    lane = lane_of(
        cast.us,
        rate_windows=[{"calls": 60, "seconds": 60}],
        daily_cap=500,
        blackouts=[{"days": ["fri"], "from": "12:00", "to": "13:00"}],
    )
    today = timezone.now().astimezone(lane.zone).date()
    LaneState.objects.create(connection=lane, day=today, conversations_today=120)

    limits = dict(look(cast.us.viewer, f"/admin/lanes/{lane.pk}/").context_data["limits"])

    assert limits["At the same time"] == f"up to {lane.max_in_flight}"
    assert limits["Calls a minute"].startswith("60 (")
    assert limits["Questions today"] == "120 of 500"
    assert limits["Not asked"] == "12:00 to 13:00, Fri"
    assert limits["Days and hours"] == "by the clocks of Asia/Dubai"


def test_failures_of_late_lead_to_their_rows(cast: Cast) -> None:
    lane, now = lane_of(cast.us), timezone.now()
    put(lane, 4, status=Status.FAILED, failure=Failure.TIMEOUT, run_at=None, finished_at=now)

    page = look(cast.us.viewer, f"/admin/lanes/{lane.pk}/live/")

    (failure,) = page.context_data["failures"]
    assert failure["count"] == "4"
    assert "status=failed" in failure["link"]
    assert "failure=timeout" in failure["link"]
    assert page.context_data["looked_at"] == 4


def test_a_lane_s_page_tells_who_did_what_and_where_its_rows_are(cast: Cast) -> None:
    lane = lane_of(cast.us)
    who = audit.of_user(cast.us.admin)
    audit.record(verb=Verb.CHANGED, actor=who, obj=lane, changes={"max_in_flight": (4, 8)})

    page = look(cast.us.viewer, f"/admin/lanes/{lane.pk}/")

    (entry,) = page.context_data["log"]
    assert entry["who"] == cast.us.admin.username
    assert entry["facts"] == ["Questions at the same time: 4 → 8"]
    assert [word for word, _, _ in page.context_data["rows_links"]][-1] == "Needs attention"


def test_what_needs_somebody_comes_first_and_idle_lanes_last(cast: Cast) -> None:
    idle, running, held = (lane_of(cast.us, number) for number in range(3))
    lane_of(cast.us, 2, paused_at=timezone.now())
    put(running, 5)
    put(held, 1)

    order = [each["pk"] for each in look(cast.us.viewer).context_data["lanes"]]

    assert order[:2] == [held.pk, running.pk]
    assert idle.pk in order[2:]


def test_the_lanes_are_added_up(cast: Cast) -> None:
    open_lane, held = lane_of(cast.us), lane_of(cast.us, 1, paused_at=timezone.now())
    put(open_lane, 5)
    put(held, 3)

    tiles = {tile["word"]: tile["count"] for tile in look(cast.us.viewer).context_data["summary"]}

    assert tiles == {
        "Lanes running": "0",
        "Lanes held": "1",
        "Rows being asked": "0",
        "Rows waiting": "8",
        "Of them held": "3",
    }


def test_another_team_s_lanes_are_never_shown(cast: Cast) -> None:
    theirs = lane_of(cast.them, name="Not for you")
    answer = enter(cast.us.admin).get(f"/admin/lanes/{theirs.pk}/")
    assert answer.status_code == 404
    assert "Not for you" not in look(cast.us.admin, LANES).content.decode()


def test_a_team_without_a_connection_is_told_what_a_lane_is(cast: Cast) -> None:
    Connection.objects.filter(team=cast.us.team).delete()
    assert "There are no lanes yet" in look(cast.us.viewer, LANES).content.decode()
    assert "New connection" in look(cast.us.admin, LANES).content.decode()
    assert "New connection" not in look(cast.us.viewer, LANES).content.decode()


def test_the_live_part_holds_the_parts_of_the_page_and_no_frame(cast: Cast) -> None:
    lane = lane_of(cast.us)
    for address in (LANES, f"{LANES}{lane.pk}/"):
        page = look(cast.us.viewer, address).content.decode()
        part = look(cast.us.viewer, f"{address}live/").content.decode()
        names = [name for name in ("summary", "lanes", "head", "now") if f'"{name}"' in page]
        assert len(names) >= 2
        assert all(f'data-part="{name}"' in part for name in names)
        assert "<html" not in part
        assert f'data-live="{address}live/"' in page


def queries_of(client: Client, lane: Connection) -> list[int]:
    """How many queries each of the addresses costs."""
    counts = []
    for address in (LANES, LIVE, f"{LANES}{lane.pk}/", f"{LANES}{lane.pk}/live/"):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        counts.append(len(queries))
    return counts


def test_sixty_lanes_cost_as_many_queries_as_one(cast: Cast) -> None:
    client = enter(cast.us.supervisor)
    lane = lane_of(cast.us, paused_at=timezone.now(), paused_by=cast.us.admin.pk)
    Connection.objects.filter(team=cast.us.team).exclude(pk=lane.pk).delete()
    put(lane, 2)
    client.get(LANES)
    one = queries_of(client, lane)

    payers = Payer.objects.bulk_create(
        Payer(code=f"L{number}", name=f"Payer {number}", kind="tpa") for number in range(60)
    )
    made = Connection.objects.bulk_create(
        Connection(team=cast.us.team, payer=payer, name=payer.name, connector="synthetic")
        for payer in payers
    )
    for each in made[:5]:
        put(each, 2)

    assert queries_of(client, lane) == one
    assert max(one) < FEWER_THAN


def test_no_patient_is_named_on_the_lanes_pages(cast: Cast) -> None:
    lane = lane_of(cast.us)
    put(lane, 2, name="Sentinel Person", id_value="784-1990-1111111-1")
    assert EligibilityTask.objects.filter(name="Sentinel Person").count() == 2
    for address in (LANES, f"{LANES}{lane.pk}/"):
        page = look(cast.us.admin, address).content.decode()
        assert "Sentinel" not in page
        assert "784-1990" not in page


def test_a_check_says_why_its_lane_does_not_move(cast: Cast) -> None:
    lane, now = lane_of(cast.us), timezone.now()
    (task,) = make_rows(lane, 1, clinic=cast.us.first)
    client = enter(cast.us.viewer)
    address = f"/admin/eligibility/eligibilitytask/{task.pk}/change/"
    assert "Held" not in client.get(address).content.decode()

    LaneState.objects.create(
        connection=lane, throttled_at=now, throttled_until=now + timedelta(hours=1)
    )

    page = client.get(address).content.decode()
    assert "<h2>Held</h2>" in page
    assert "The payer asked us to slow down. Continues " in page


def test_a_batch_says_which_of_its_payers_holds_it_up(cast: Cast) -> None:
    lane, other = lane_of(cast.us, paused_at=timezone.now()), lane_of(cast.us, 1)
    batch = Batch.objects.create(team=cast.us.team, clinic=cast.us.first)
    for each in (lane, other):
        put(each, 2, batch=batch, clinic=cast.us.first)

    page = enter(cast.us.viewer).get(f"/admin/eligibility/batch/{batch.pk}/change/")
    found: Any = page

    held = {payer["code"]: payer["held"] for payer in found.context["payers"]}
    assert held[other.payer.code if other.payer else ""] is None
    assert str(held[lane.payer.code if lane.payer else ""].badge.word) == "Paused"
    sentence = found.context["progress"]["sentence"]
    assert sentence.startswith("4 left; until when is not known.")
    assert sentence.endswith("Somebody paused the lane.")
