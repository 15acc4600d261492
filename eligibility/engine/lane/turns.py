"""Who of a lane's clinics and batches goes next: the one with the fewest rows under way (pure).

Slots are dealt one by one: to the clinic that has the fewest rows in flight, and within it to
its batch that has. So a batch of 5 rows gets every other slot of the lane beside one of 10,000,
whichever came first, and a clinic with one batch as many as a clinic with fifty. Rows without a
batch are one group of their clinic.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that wait together: `clinic` and `batch` as the database gives them.

    `batch` is the clinic's own id for its rows without one.
    """

    clinic: Any
    batch: Any


def share_out(
    groups: Sequence[Group], in_flight: Mapping[Group, int], slots: int
) -> dict[Group, int]:
    """How many of these slots each group gets, the neediest first; groups without are left out.

    Of groups that are alike the first in `groups` goes first.
    """
    by_clinic: dict[Any, list[tuple[int, int, Group]]] = {}
    for place, group in enumerate(groups):
        by_clinic.setdefault(group.clinic, []).append((in_flight.get(group, 0), place, group))
    clinics = []
    for place, (clinic, waiting) in enumerate(by_clinic.items()):
        heapq.heapify(waiting)
        busy = sum(count for group, count in in_flight.items() if group.clinic == clinic)
        clinics.append((busy, place, waiting))
    heapq.heapify(clinics)
    dealt: dict[Group, int] = {}
    for _ in range(slots if clinics else 0):
        busy, place, waiting = clinics[0]
        count, order, group = waiting[0]
        dealt[group] = dealt.get(group, 0) + 1
        heapq.heapreplace(waiting, (count + 1, order, group))
        heapq.heapreplace(clinics, (busy + 1, place, waiting))
    return dealt
