"""Rows that were in a worker's hands when it died: asked again away from the others.

One of them may have killed it (a poison row: a fault in a native library, memory without end).
Often it is known which (`engine.blackbox`). Else they are all *tried* in small groups, by one
drain of each host before its other work; those of a group that killed its worker too are tried
one by one. A crash of a row that was alone is its own. So a poison row meets the good rows once,
only itself comes to three crashes, and the other drains work on meanwhile.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from eligibility import clock
from eligibility.engine.lane.standing import standings
from eligibility.engine.rows import TASK
from eligibility.models import Connection

MOST_CRASHES = 3
"""A row that has cost so many workers is failed."""
TRIALS_FOR = 5.0
"""Seconds after which a drain takes its turn at the other rows, if suspects are left."""


@dataclass(frozen=True, slots=True)
class Suspects:
    """`count` due suspects of one lane that have the same number of crashes."""

    lane_id: int
    crashes: int
    count: int


def due() -> list[Suspects]:
    """The suspects of open lanes that are due, the worst first; found in an index of their own.

    Those of a lane that is held stay as they are, like its other rows: nobody makes way for them.
    """
    found = _in_line()
    if not found:
        return []
    lanes = Connection.objects.filter(pk__in={each.lane_id for each in found})
    is_open = {each.lane.pk for each in standings(lanes) if each.held is None}
    return [each for each in found if each.lane_id in is_open]


def _in_line() -> list[Suspects]:
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH suspects AS MATERIALIZED ("
            f" SELECT connection_id, crashes FROM {TASK}"
            " WHERE crashes > 0 AND status IN ('pending', 'waiting')"
            f" AND run_at <= {clock.now()})"
            " SELECT c.id, s.crashes, count(*) FROM suspects s"
            " JOIN eligibility_connection c ON c.id = s.connection_id"
            " GROUP BY c.id, s.crashes ORDER BY s.crashes DESC",
            [],
        )
        return [Suspects(*row) for row in cursor.fetchall()]


def places(found: Sequence[Suspects]) -> dict[int, int]:
    """How many slots of each lane the other drains leave to the suspects' trial."""
    counts: Counter[int] = Counter()
    for each in found:
        counts[each.lane_id] += each.count
    return {lane_id: group_size(count) for lane_id, count in counts.items()}


def next_group(found: Sequence[Suspects]) -> tuple[int, int]:
    """(crashes, most): which suspects are tried next and how many of them; (0, 0) for none.

    Those that one crash more would fail are tried one by one.
    """
    worst = max((each.crashes for each in found), default=0)
    count = sum(each.count for each in found if each.crashes == worst)
    return worst, (1 if worst + 1 >= MOST_CRASHES else group_size(count))


def group_size(count: int) -> int:
    """How many of `count` suspects are tried together.

    The square root: as many groups as there are rows in the one that may have to be tried row
    by row.
    """
    return math.isqrt(max(count - 1, 0)) + 1 if count else 0
