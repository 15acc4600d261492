"""What webhooks need by the clock: each app's own look for what has ended, then the sender."""

from __future__ import annotations

from collections.abc import Callable

from portal.webhooks import outbox, turn

_looks: list[Callable[[], int]] = []


def register(look: Callable[[], int]) -> None:
    """Let an app look for news that no single transaction knows of. Called from its ready()."""
    if look not in _looks:
        _looks.append(look)


def beat(host_id: str | None = None) -> bool:
    """One beat of a host's dispatcher. True when a sender was woken."""
    if outbox.wanted_types():
        for look in _looks:
            look()
    return turn.wake(host_id)
