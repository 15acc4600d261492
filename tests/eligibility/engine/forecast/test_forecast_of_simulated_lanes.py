"""After 200 ended rows the forecast of the rest is within a quarter, whatever the lane is like.

Lanes are simulated on a clock of their own, so the true end is known to the second.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from eligibility.engine.forecast.openings import Terms, Window
from eligibility.engine.forecast.reckoning import through
from eligibility.engine.forecast.sharing import Claimant, Line
from eligibility.engine.lane.measured import NEWEST, measure
from tests.eligibility.engine.forecast.simulated import Lane, Row, Search, World

START = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
NORMAL, HIGH, LOW = 1, 0, 2


def make_rows(
    world: World, lane: Lane, count: int, batch: str = "ours", *, clinic: str = "c",
    priority: int = NORMAL, calls: tuple[float, float] = (2.0, 2.0), waits: tuple[float, ...] = (),
    due: float = 0.0,
) -> list[Row]:  # fmt: skip
    """Rows of one batch whose calls take between so many seconds."""
    chance = random.Random(f"{batch}{count}")
    claimant = Claimant(priority, clinic, batch)
    rows = [
        Row(claimant, lane, [chance.uniform(*calls) for _ in range(len(waits) + 1)], list(waits))
        for _ in range(count)
    ]
    for row in rows:
        row.due = due
        world.add(row)
    return rows


def terms_of(lane: Lane, windows: tuple[Window, ...] = ()) -> Terms:
    """What the database would tell about the lane at this moment."""
    newest = [row.as_ended() for row in lane.ended[-NEWEST:]]
    pace = measure(newest, slots=lane.slots, otherwise=1.0)
    return Terms(pace, opens_at=START + timedelta(seconds=lane.opens_at), windows=windows)


def lines_of(world: World, lane: Lane) -> dict[Claimant, Line]:
    """The lane's rows that are due and have not ended, by who waits."""
    lines: dict[Claimant, Line] = {}
    for row in world.rows:
        if row.lane is lane and row.finished < 0 and row.due <= world.now:
            line = lines.setdefault(row.claimant, Line())
            line.unasked += row.asked < 0
            line.waiting += row.asked >= 0
    return lines


def foreseen(world: World, lanes: list[Lane], batch: str, *windows: Window) -> float:
    """The forecast of the batch, in the simulation's seconds."""
    now, ends = START + timedelta(seconds=world.now), []
    for lane in lanes:
        lines = lines_of(world, lane)
        mine = [claimant for claimant in lines if claimant.batch == batch]
        asked = [row.asked for row in world.rows if row.lane is lane and row.claimant in mine]
        last_asked = START + timedelta(seconds=max(asked)) if asked else None
        ends.append(through(lines, mine, terms_of(lane, windows), now=now, last_asked=last_asked))
    assert all(ends)
    return max((end - START).total_seconds() for end in ends if end)


def error(world: World, forecast: float, rows: list[Row]) -> float:
    """How far the forecast was off, as a share of what remained."""
    asked_at = world.now
    world.run(lambda: world.ended["ours"] >= len(rows))
    truth = max(row.finished for row in rows)
    assert asked_at < truth
    return abs(forecast - truth) / (truth - asked_at)


def run_until_ended(world: World, count: int = NEWEST) -> None:
    world.run(lambda: world.ended["ours"] >= count)


@pytest.mark.parametrize("slots", [1, 4, 50])
@pytest.mark.parametrize("calls", [(2.0, 2.0), (0.2, 8.0), (0.05, 0.05)])
def test_payers_with_constant_and_varied_times(slots: int, calls: tuple[float, float]) -> None:
    world, lane = World(), Lane(slots)
    rows = make_rows(world, lane, 1000, calls=calls)
    run_until_ended(world)

    assert error(world, foreseen(world, [lane], "ours"), rows) <= 0.25


@pytest.mark.parametrize("burst", [1.0, 100.0])
def test_a_rate_window_that_the_portal_keeps(burst: float) -> None:
    world, lane = World(), Lane(10, a_second=0.5, burst=burst, tokens=burst)
    rows = make_rows(world, lane, 1000)
    run_until_ended(world)
    window = Window(a_second=0.5, saved=lane.tokens)

    assert error(world, foreseen(world, [lane], "ours", window), rows) <= 0.25


def test_a_pace_that_only_the_payer_knows() -> None:
    world, lane = World(), Lane(10, a_second=0.5)
    rows = make_rows(world, lane, 1000)
    run_until_ended(world)

    assert error(world, foreseen(world, [lane], "ours"), rows) <= 0.25


@pytest.mark.parametrize("waits", [(180.0,), (60.0, 30.0, 30.0)])
@pytest.mark.parametrize(("slots", "count"), [(2, 800), (8, 1200), (50, 800)])
def test_rows_that_wait_for_minutes_do_not_count_as_time_of_a_slot(
    slots: int, count: int, waits: tuple[float, ...]
) -> None:
    world, lane = World(), Lane(slots)
    rows = make_rows(world, lane, count, calls=(0.5, 1.5), waits=waits)
    run_until_ended(world)

    assert error(world, foreseen(world, [lane], "ours"), rows) <= 0.25


@pytest.mark.parametrize(("clinic", "others"), [("c", 5000), ("d", 5000), ("c", 700), ("d", 700)])
def test_two_batches_that_share_a_lane(clinic: str, others: int) -> None:
    world, lane = World(), Lane(4)
    make_rows(world, lane, others, "theirs", clinic=clinic)
    rows = make_rows(world, lane, 1000)
    run_until_ended(world)

    assert error(world, foreseen(world, [lane], "ours"), rows) <= 0.25


def test_a_clinic_with_many_batches_gets_no_more_turns_than_one_with_a_single_batch() -> None:
    world, lane = World(), Lane(4)
    for number in range(6):
        make_rows(world, lane, 500, f"theirs {number}", clinic="d")
    rows = make_rows(world, lane, 1000)
    run_until_ended(world)

    assert error(world, foreseen(world, [lane], "ours"), rows) <= 0.25


@pytest.mark.parametrize(("priority", "ends_first"), [(HIGH, True), (LOW, False)])
def test_urgent_rows_go_first(priority: int, ends_first: bool) -> None:
    world, lane = World(), Lane(4)
    theirs = make_rows(world, lane, 1000, "theirs")
    rows = make_rows(world, lane, 1000, priority=priority)
    world.run(lambda: len(lane.ended) >= NEWEST)
    ours, other = foreseen(world, [lane], "ours"), foreseen(world, [lane], "theirs")

    assert (ours < other) is ends_first
    assert error(world, ours, rows) <= 0.25
    world.run()
    assert max(row.finished for row in theirs) == pytest.approx(other, rel=0.25)


def test_the_slowest_of_several_lanes_decides() -> None:
    world, lanes = World(), [Lane(1), Lane(4), Lane(2)]
    rows = [row for lane in lanes for row in make_rows(world, lane, 900)]
    run_until_ended(world, 3 * NEWEST)

    assert error(world, foreseen(world, lanes, "ours"), rows) <= 0.25


def test_an_outage_with_a_known_end() -> None:
    world, lane = World(), Lane(4)
    rows = make_rows(world, lane, 1000)
    run_until_ended(world)
    lane.opens_at = world.now + 600

    assert error(world, foreseen(world, [lane], "ours"), rows) <= 0.25


def test_a_night_between_the_measured_rows_is_no_pace() -> None:
    world, lane = World(), Lane(4)
    make_rows(world, lane, 100, "yesterday's")
    rows = make_rows(world, lane, 1000, due=16 * 3600.0)
    run_until_ended(world, 100)

    assert error(world, foreseen(world, [lane], "ours"), rows) <= 0.25


def test_single_rows_that_never_stood_in_line_show_what_the_slots_can_do() -> None:
    world, lane = World(), Lane(4)
    for number in range(300):
        make_rows(world, lane, 1, f"single {number}", due=60.0 * number, calls=(1.0, 3.0))
    world.run()
    rows = make_rows(world, lane, 1000, calls=(1.0, 3.0))

    assert error(world, foreseen(world, [lane], "ours"), rows) <= 0.25


def test_the_children_of_searches_that_stop_at_the_first_yes() -> None:
    world, lanes, chance = World(), [Lane(4), Lane(2), Lane(4)], random.Random(7)

    def paths() -> Iterator[tuple[Lane, float, bool]]:
        for lane in lanes:
            yield lane, chance.uniform(0.5, 1.5), chance.random() < 0.5

    searches = [Search(world, Claimant(NORMAL, "c", "ours"), paths()) for _ in range(900)]
    world.run(lambda: world.ended["searches"] >= NEWEST)
    asked_at = world.now
    forecast = foreseen_with_paths(world, lanes, searches)
    world.run()
    truth = max(search.finished for search in searches)

    assert abs(forecast - truth) / (truth - asked_at) <= 0.25


def foreseen_with_paths(world: World, lanes: list[Lane], searches: list[Search]) -> float:
    """As `foreseen`, with the paths that are still to come at the share that is usually asked."""
    ended = [search for search in searches if search.finished >= 0]
    now, ends = START + timedelta(seconds=world.now), []
    for lane in lanes:
        usual = sum(row.lane is lane for search in ended for row in search.children) / len(ended)
        to_come = sum(
            not any(row.lane is lane for row in search.children)
            for search in searches
            if search.finished < 0
        )
        lines = lines_of(world, lane)
        mine = Claimant(NORMAL, "c", "ours")
        lines.setdefault(mine, Line()).unasked += to_come * usual
        ends.append(through(lines, [mine], terms_of(lane), now=now))
    return max((end - START).total_seconds() for end in ends if end)
