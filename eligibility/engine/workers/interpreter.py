"""How the two threads of a drain share Python's one interpreter."""

from __future__ import annotations

import sys

SHORT = 0.0005
"""Seconds that a thread may be kept waiting by the other. Python's own number is ten times that:
so long the thread that writes would wait after each answer of the database, several times for
each group, while the conversations go on."""


def take_short_turns() -> None:
    """Let a thread that waits for the interpreter have it soon; for a process that drains."""
    sys.setswitchinterval(min(sys.getswitchinterval(), SHORT))
