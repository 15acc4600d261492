"""Identifiers that sort by creation: 24-hex object ids and version 7 UUIDs.

An object id is 4 bytes of seconds, 5 random bytes of this process and a 3-byte counter (the
BSON ObjectId layout). A forked child begins anew, with its own lock: another thread of the
parent may have held the old one. UUIDs follow RFC 9562, 5.7.
"""

from __future__ import annotations

import os
import threading
import time
import uuid

_COUNTER_SIZE = 1 << 24
_lock = threading.Lock()
_process = b""
_counter = 0


def _begin() -> None:
    """Take a new lock, new random bytes and a random start of the counter."""
    global _lock, _process, _counter
    _lock = threading.Lock()
    _process = os.urandom(5)
    _counter = int.from_bytes(os.urandom(3), "big")


_begin()
os.register_at_fork(after_in_child=_begin)


def new() -> str:
    """One object id: 24 lower-case hex characters."""
    return batch(1)[0]


def batch(n: int) -> list[str]:
    """`n` object ids that ascend in order: one timestamp and one unbroken counter range.

    A range that would wrap starts at zero instead, so the ids of one batch always ascend.
    Raises ValueError when `n` is more than the counter holds (16,777,216).
    """
    global _counter
    if not 0 <= n <= _COUNTER_SIZE:
        raise ValueError(f"a batch holds 0 to {_COUNTER_SIZE} ids, not {n}")
    with _lock:
        start = _counter if _counter + n <= _COUNTER_SIZE else 0
        _counter = (start + n) % _COUNTER_SIZE
        head = int(time.time()).to_bytes(4, "big").hex() + _process.hex()
    return [f"{head}{value:06x}" for value in range(start, start + n)]


def new_uuid() -> uuid.UUID:
    """One version 7 UUID."""
    return uuid_batch(1)[0]


def uuid_batch(n: int) -> list[uuid.UUID]:
    """`n` version 7 UUIDs that ascend in order.

    48 bits of milliseconds, then a 20-bit counter from zero and 54 random bits: rows of one
    request stay neighbours in an index, and nobody can guess a neighbour's id.
    Raises ValueError for more than 1,048,576 at once (the counter's range).
    """
    if not 0 <= n <= 1 << 20:
        raise ValueError(f"a batch holds 0 to {1 << 20} ids, not {n}")
    milliseconds = time.time_ns() // 1_000_000
    head = (milliseconds << 80) | (0x7 << 76) | (0x2 << 62)
    noise = os.urandom(7 * n)
    mask = (1 << 54) - 1
    uuids = []
    for i in range(n):
        counter = ((i >> 8) << 64) | ((i & 0xFF) << 54)
        random = int.from_bytes(noise[7 * i : 7 * i + 7], "big") & mask
        uuids.append(uuid.UUID(int=head | counter | random))
    return uuids
