"""A worker that no longer beats is found out by whoever listened all the while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from eligibility.engine.workers.silence import LONGEST_LOOK, SILENT_FOR, Silence

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def beats_at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


def test_a_worker_whose_beat_stands_still_is_silent_in_the_end() -> None:
    silence = Silence()
    found = [silence.look({"host:1": NOON}, second) for second in range(int(SILENT_FOR) + 2)]

    assert found[:20] == [[]] * 20
    assert found[-1] == ["host:1"]


def test_a_worker_that_beats_is_never_silent_nor_is_its_neighbour_taken_for_it() -> None:
    silence = Silence()
    for second in range(100):
        found = silence.look({"host:1": beats_at(second), "host:2": NOON}, float(second))
        assert found == (["host:2"] if second >= SILENT_FOR else [])


def test_a_worker_that_has_just_begun_has_not_been_silent() -> None:
    silence = Silence()
    silence.look({}, 0.0)

    assert silence.look({"host:1": None}, 50.0) == []


def test_an_onlooker_who_slept_has_heard_nobody() -> None:
    silence = Silence()
    silence.look({"host:1": NOON}, 0.0)

    assert silence.look({"host:1": NOON}, 3600.0) == []
    assert LONGEST_LOOK < SILENT_FOR


def test_after_an_outage_the_listening_begins_anew() -> None:
    silence = Silence()
    for second in range(19):
        silence.look({"host:1": NOON}, float(second))
    silence.forget()

    assert silence.look({"host:1": NOON}, 30.0) == []
    assert silence.look({"host:1": NOON}, 31.0) == []
