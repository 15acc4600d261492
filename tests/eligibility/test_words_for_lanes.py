from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from eligibility.choices import Failure, HeldReason
from eligibility.engine.lane.held import Held
from eligibility.presentation.lanes import FAILED, HELD, pace_words, stops, why_held

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
DUBAI = ZoneInfo("Asia/Dubai")


def said(reason: HeldReason, minutes: float | None = None, **who: str) -> str:
    until = None if minutes is None else NOW + timedelta(minutes=minutes)
    return why_held(Held(reason, since=NOW, until=until), now=NOW, zone=DUBAI, **who)


def test_every_reason_and_every_failure_has_its_words() -> None:
    assert set(HELD) == set(HeldReason)
    assert set(FAILED) == set(Failure)
    for reason in HeldReason:
        assert said(reason).endswith(".")


@pytest.mark.parametrize(
    ("reason", "minutes", "words"),
    [
        (HeldReason.BREAKER_OPEN, 5, "The payer did not answer. Tries again at 14:05."),
        (HeldReason.THROTTLED, 1, "The payer asked us to slow down. Continues at 14:01."),
        (
            HeldReason.BLACKOUT,
            14 * 60,
            "The payer is not asked at this hour. Continues on 23 Nov 2026, 04:00.",
        ),
        (
            HeldReason.CREDENTIALS,
            None,
            "The payer refused our login. It waits for an administrator to correct the login;"
            " a test call unlocks it.",
        ),
    ],
)
def test_why_a_lane_is_held_and_until_when_by_the_clinic_s_clock(
    reason: HeldReason, minutes: float | None, words: str
) -> None:
    assert said(reason, minutes) == words


def test_a_pause_says_who_and_why() -> None:
    waits = "It waits for somebody to resume it."
    assert said(HeldReason.PAUSED) == f"Somebody paused it at 14:00. {waits}"
    assert (
        said(HeldReason.PAUSED, by="Sara", because="They move")
        == f"Sara paused it at 14:00: “They move”. {waits}"
    )


def test_a_lane_that_goes_at_its_limit_is_not_held_for_people() -> None:
    assert not stops(None)
    assert not stops(Held(HeldReason.RATE))
    assert stops(Held(HeldReason.PAUSED))


@pytest.mark.parametrize(
    ("a_second", "words"),
    [
        (1234.5, "1,234.5 a second"),
        (1, "1.0 a second"),
        (0.5, "30.0 a minute"),
        (0.01, "36.0 an hour"),
    ],
)
def test_a_pace_is_told_by_the_unit_that_one_can_grasp(a_second: float, words: str) -> None:
    assert pace_words(a_second) == words
