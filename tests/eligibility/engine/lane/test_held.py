from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from eligibility.choices import Actor, BreakerState, HeldReason
from eligibility.engine.lane.held import held
from tests.eligibility.engine.lane.making import NOON, a_lane, a_state, after

OPEN = {"breaker": BreakerState.OPEN, "opened_at": after(-10), "open_until": after(20), "pause": 30}
REASONS: list[tuple[HeldReason, dict[str, Any], dict[str, Any], datetime | None]] = [
    (HeldReason.INACTIVE, {"is_active": False}, {}, None),
    (HeldReason.PAUSED, {"paused_at": after(-60)}, {}, None),
    (HeldReason.CREDENTIALS, {}, {"credential_locked_at": after(-60)}, None),
    (HeldReason.BREAKER_OPEN, {}, OPEN, after(20)),
    (HeldReason.PROBING, {}, OPEN | {"breaker": BreakerState.HALF_OPEN}, after(20)),
    (HeldReason.THROTTLED, {}, {"throttled_until": after(7)}, after(7)),
    (HeldReason.BLACKOUT, {"blackouts": [{"from": "15:00", "to": "17:00"}]}, {}, after(3600)),
    (
        HeldReason.DAILY_CAP,
        {"daily_cap": 5},
        {"day": NOON.date(), "conversations_today": 5},
        after(8 * 3600),
    ),
    (
        HeldReason.RATE,
        {"rate_windows": [{"calls": 1, "seconds": 10}]},
        {"tokens": {"1/10": 0.5}, "counted_at": NOON},
        after(5),
    ),
]


def test_a_fresh_lane_is_not_held() -> None:
    assert held(a_lane(), a_state(), NOON) is None


@pytest.mark.parametrize(("reason", "lane", "state", "until"), REASONS)
def test_each_reason_holds_the_lane_and_says_until_when(
    reason: HeldReason, lane: dict[str, Any], state: dict[str, Any], until: datetime | None
) -> None:
    found = held(a_lane(**lane), a_state(**state), NOON)

    assert found is not None
    assert (found.reason, found.until) == (reason, until)
    assert found.words == f"{reason.label}."


@pytest.mark.parametrize("until", [until for *_, until in REASONS if until])
def test_a_reason_that_ends_by_itself_holds_until_then_and_no_longer(until: datetime) -> None:
    ((_, lane, state, _),) = [reason for reason in REASONS if reason[3] == until][:1]

    assert held(a_lane(**lane), a_state(**state), until) is None


def test_of_several_reasons_the_one_that_people_must_end_is_told_first() -> None:
    lane: dict[str, Any] = {}
    state: dict[str, Any] = {}
    for reason, more, happened, _ in reversed(REASONS):
        lane, state = lane | more, state | happened
        found = held(a_lane(**lane), a_state(**state), NOON)
        assert found is not None
        # Every reason so far applies; half open and open exclude each other.
        assert found.reason is reason


def test_the_order_of_the_enum_is_the_order_of_precedence() -> None:
    assert [reason for reason, *_ in REASONS] == list(HeldReason)


def test_only_what_people_must_end_has_somebody_to_act() -> None:
    acts = {
        reason
        for reason, lane, state, _ in REASONS
        if (found := held(a_lane(**lane), a_state(**state), NOON)) and found.actor is Actor.ADMIN
    }

    assert acts == {HeldReason.INACTIVE, HeldReason.PAUSED, HeldReason.CREDENTIALS}


def test_a_lane_whose_cap_is_reached_goes_on_with_what_it_began_as_far_as_its_pace_allows() -> None:
    lane = {"daily_cap": 5, "rate_windows": [{"calls": 1, "seconds": 10}]}
    state = {"day": NOON.date(), "conversations_today": 5, "counted_at": NOON}

    free, spent = (
        held(a_lane(**lane), a_state(**state, tokens={"1/10": left}), NOON) for left in (1.0, 0.0)
    )

    assert free is not None
    assert spent is not None
    assert free.reason is spent.reason is HeldReason.DAILY_CAP
    assert (free.looks_pass, spent.looks_pass) == (True, False)
