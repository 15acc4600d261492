"""When an event that was not taken is sent again, and when no more (api-contract, section 6)."""

from __future__ import annotations

from typing import Final

_MINUTE: Final = 60.0
_HOUR: Final = 3600.0

RETRIES: Final = (
    5.0, 5 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR, 14 * _HOUR, 20 * _HOUR,
    24 * _HOUR,
)  # fmt: skip
"""Seconds from a try that failed to the next one. After the last of them the endpoint is disabled:
three days and three hours after the first try."""


def next_after(tries: int) -> float | None:
    """Seconds until the next try when so many have failed; None when there is none."""
    return RETRIES[tries - 1] if 1 <= tries <= len(RETRIES) else None
