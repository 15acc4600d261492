"""Python's collector of reference cycles, set for a process that has many rows in hand."""

from __future__ import annotations

import gc

YOUNG = 10_000
"""Objects made, beyond those dropped, between two looks at the youngest. Python's own number
(700) is reached by every third answer; looking at those that wait for their turn to be written
again and again cost a third of the conversations' processor time."""
OLDER = 20
"""Looks at the younger objects between two at the older ones."""


def collect_seldom() -> None:
    """Look for cycles less often, and never again among what a process has after its start."""
    if gc.get_threshold()[0] < YOUNG:
        gc.collect()
        gc.freeze()
        gc.set_threshold(YOUNG, OLDER, OLDER)
