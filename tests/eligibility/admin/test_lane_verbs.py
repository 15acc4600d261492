"""What people do with a lane: after a page that asks, by role, in the audit log."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from eligibility.admin import lane_verbs
from eligibility.admin.lane_limits import read_hours, read_window, write_hours, write_window
from eligibility.choices import BreakerState, Failure
from eligibility.connectors.base import Failed
from eligibility.models import Connection, LaneState
from portal.models import AuditEvent, Role, User, Verb
from tests.cast import Cast, House
from tests.eligibility.engine.helpers import make_rows

pytestmark = pytest.mark.django_db

VERBS = {
    "pause": Role.SUPERVISOR,
    "resume": Role.SUPERVISOR,
    "probe": Role.SUPERVISOR,
    "reset": Role.SUPERVISOR,
    "limits": Role.ADMIN,
}
"""Page → the first role that may."""
ORDER = [Role.VIEWER, Role.OPERATOR, Role.SUPERVISOR, Role.ADMIN]


def enter(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def lane(cast: Cast) -> Connection:
    """One of our lanes, with three rows in line."""
    found = Connection.objects.filter(team=cast.us.team, payer__isnull=False).order_by("pk")[0]
    make_rows(found, 3)
    return found


def post(user: User, lane: Connection, verb: str, **fields: Any) -> Any:
    """The button of the page that asks."""
    return enter(user).post(f"/admin/lanes/{lane.pk}/{verb}/", {"confirmed": "1", **fields})


def said(answer: Any) -> str:
    return " ".join(str(each) for each in get_messages(answer.wsgi_request))


def deeds(lane: Connection) -> list[tuple[str, str]]:
    """What the audit log has on the lane, the oldest first."""
    events = AuditEvent.objects.filter(object_kind="eligibility.connection", object_id=lane.pk)
    return list(events.order_by("at").values_list("verb", "actor_name"))


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("role", ORDER, ids=str)
def test_a_role_that_may_not_does_not_see_the_button_and_is_refused(
    cast: Cast, lane: Connection, role: Role, verb: str
) -> None:
    may = ORDER.index(role) >= ORDER.index(VERBS[verb])
    LaneState.objects.create(
        connection=lane, breaker=BreakerState.OPEN, open_until=timezone.now(), pause=30.0
    )
    if verb == "resume":
        Connection.objects.filter(pk=lane.pk).update(paused_at=timezone.now())
    client, address = enter(cast.us.people[role]), f"/admin/lanes/{lane.pk}/{verb}/"

    page = client.get(f"/admin/lanes/{lane.pk}/").content.decode()

    assert (address in page) is may
    assert client.get(address).status_code == (200 if may else 403)
    if not may:
        assert client.post(address, {"confirmed": "1"}).status_code == 403
        assert deeds(lane) == []


@pytest.mark.parametrize("verb", VERBS)
def test_another_team_s_lane_is_none(cast: Cast, lane: Connection, verb: str) -> None:
    assert post(cast.them.admin, lane, verb).status_code == 404
    assert deeds(lane) == []


def test_pausing_says_how_many_rows_wait_and_keeps_who_and_why(
    cast: Cast, lane: Connection
) -> None:
    who = cast.us.supervisor
    page = enter(who).get(f"/admin/lanes/{lane.pk}/pause/").content.decode()
    assert "3 rows wait until somebody resumes the lane." in page

    answer = post(who, lane, "pause", reason="They move house")

    assert said(answer) == "Paused. 3 rows wait until somebody resumes the lane."
    lane.refresh_from_db()
    assert lane.paused_at is not None
    assert (lane.paused_by, lane.pause_reason) == (who.pk, "They move house")
    assert deeds(lane) == [(Verb.PAUSED, who.username)]
    assert said(post(who, lane, "pause")) == "It was paused already."


def test_nothing_happens_before_somebody_has_been_asked(cast: Cast, lane: Connection) -> None:
    answer = enter(cast.us.admin).post(f"/admin/lanes/{lane.pk}/pause/")
    assert answer.status_code == 200
    lane.refresh_from_db()
    assert lane.paused_at is None


def test_resuming_lets_the_lane_go_on(cast: Cast, lane: Connection) -> None:
    post(cast.us.supervisor, lane, "pause")
    answer = post(cast.us.admin, lane, "resume")

    assert said(answer) == "Resumed. Its rows go on."
    lane.refresh_from_db()
    assert lane.paused_at is None
    assert [verb for verb, _ in deeds(lane)] == [Verb.PAUSED, Verb.RESUMED]
    assert said(post(cast.us.admin, lane, "resume")) == "It was not paused."


def test_a_lane_whose_payer_was_down_can_go_on_at_once(cast: Cast, lane: Connection) -> None:
    LaneState.objects.create(
        connection=lane, breaker=BreakerState.OPEN, open_until=timezone.now(), pause=30.0
    )
    assert said(post(cast.us.supervisor, lane, "reset")) == "The lane goes on."
    assert LaneState.objects.get(connection=lane).breaker == BreakerState.CLOSED
    assert said(post(cast.us.supervisor, lane, "reset")) == "It was not waiting for its payer."


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (None, "The payer answered, and let us in."),
        (Failed(Failure.TIMEOUT, "deadline", "No answer."), "It did not go well: No answer."),
    ],
)
def test_a_test_call_tells_what_came_of_it(
    cast: Cast,
    lane: Connection,
    monkeypatch: pytest.MonkeyPatch,
    reply: Failed | None,
    words: str,
) -> None:
    monkeypatch.setattr(lane_verbs, "probe_lane", lambda **asked: reply)
    assert said(post(cast.us.supervisor, lane, "probe")) == words


def limits(**fields: Any) -> dict[str, Any]:
    """A form of limits as the browser sends it."""
    usual = {"max_in_flight": "8", "rate_windows": "", "daily_cap": "", "blackouts": ""}
    return {**usual, "timezone": "Asia/Dubai", **fields}


def test_limits_are_read_from_lines_and_written_as_lines(cast: Cast, lane: Connection) -> None:
    given = limits(
        rate_windows="60 in 1 min\n1,000 in 1 d",
        daily_cap="500",
        blackouts="22:00 to 06:00\n12:00-13:00 fri, sat",
    )
    assert said(post(cast.us.admin, lane, "limits", **given)) == "Saved. It holds from now on."

    lane.refresh_from_db()
    assert lane.max_in_flight == 8
    assert lane.rate_windows == [
        {"calls": 60, "seconds": 60.0},
        {"calls": 1000, "seconds": 86_400.0},
    ]
    assert lane.daily_cap == 500
    assert lane.blackouts[1] == {"from": "12:00", "to": "13:00", "days": ["fri", "sat"]}
    page = enter(cast.us.admin).get(f"/admin/lanes/{lane.pk}/limits/").content.decode()
    assert "60 in 1 min\n1000 in 1 d" in page
    assert "12:00 to 13:00 fri, sat" in page
    again = {**given, "blackouts": "22:00 to 06:00\n12:00 to 13:00 fri, sat"}
    assert said(post(cast.us.admin, lane, "limits", **again)) == "Nothing changed."


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"max_in_flight": "0"}, "greater than or equal to 1"),
        ({"rate_windows": "as you like"}, "is not like “60 in 1 min”"),
        ({"rate_windows": "0 in 1 min"}, "Calls are a whole number"),
        ({"blackouts": "25:00 to 26:00"}, "Hours are written like 22:00."),
        ({"blackouts": "22:00 to 06:00 someday"}, "Days are some of"),
        ({"daily_cap": "0"}, "greater than or equal to 1"),
        ({"timezone": "Mars/Base"}, ""),
    ],
)
def test_a_limit_that_makes_no_sense_is_said_at_its_field(
    cast: Cast, lane: Connection, fields: dict[str, str], message: str
) -> None:
    answer = post(cast.us.admin, lane, "limits", **limits(**fields))

    (name,) = fields
    assert answer.status_code == 200
    errors = answer.context_data["form"].errors
    assert list(errors) == [name]
    assert message in str(errors[name][0])
    assert deeds(lane) == []


@pytest.mark.parametrize(
    "line", ["60 in 1 min", "1 in 0.5 s", "5 in 90 s", "1000 in 1 d", "7 in 2 h"]
)
def test_a_window_comes_out_of_the_form_as_it_went_in(line: str) -> None:
    assert write_window(read_window(line)) == line


@pytest.mark.parametrize("line", ["22:00 to 06:00", "00:00 to 24:00 fri, sat"])
def test_hours_come_out_of_the_form_as_they_went_in(line: str) -> None:
    assert write_hours(read_hours(line)) == line


def test_every_house_has_its_own_lanes(cast: Cast) -> None:
    def names(house: House) -> set[str]:
        return set(Connection.objects.filter(team=house.team).values_list("name", flat=True))

    assert names(cast.us)
    ours = enter(cast.us.admin).get("/admin/lanes/live/")
    found: Any = ours
    assert {line["more"] for line in found.context_data["lanes"]} == names(cast.us)
