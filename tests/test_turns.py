from __future__ import annotations

import threading
import time
from pathlib import Path

from tests.turns import turn


class Room:
    """Who is inside, and whether somebody who should be alone ever was not."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.inside = 0
        self.most_inside = 0
        self.most_beside_the_lonely = 0

    def stay(self, place: Path, *, alone: bool) -> None:
        with turn(place, alone=alone):
            with self.lock:
                self.inside += 1
                self.most_inside = max(self.most_inside, self.inside)
            time.sleep(0.02)
            with self.lock:
                if alone:
                    self.most_beside_the_lonely = max(self.most_beside_the_lonely, self.inside - 1)
                self.inside -= 1


def _all_stay(place: Path, wishes: list[bool]) -> Room:
    room = Room()
    guests = [
        threading.Thread(target=room.stay, args=(place,), kwargs={"alone": wish}) for wish in wishes
    ]
    for guest in guests:
        guest.start()
    for guest in guests:
        guest.join(10)
    return room


def test_turns_that_share_run_at_the_same_time(tmp_path: Path) -> None:
    assert _all_stay(tmp_path, [False] * 8).most_inside > 1


def test_a_turn_alone_is_alone(tmp_path: Path) -> None:
    room = _all_stay(tmp_path, [False, True, False, True] * 4)
    assert room.inside == 0
    assert room.most_beside_the_lonely == 0


def test_a_turn_alone_is_not_starved_by_those_who_keep_coming(tmp_path: Path) -> None:
    left = threading.Event()

    def come_again_and_again() -> None:
        while not left.is_set():
            with turn(tmp_path, alone=False):
                time.sleep(0.005)

    crowd = [threading.Thread(target=come_again_and_again) for _ in range(4)]
    for guest in crowd:
        guest.start()
    began = time.monotonic()
    with turn(tmp_path, alone=True):
        waited = time.monotonic() - began
    left.set()
    for guest in crowd:
        guest.join(10)
    assert waited < 5
