"""The garbage collector, kept out of the way while a request makes rows by the ten thousand."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Pause the collector; also a decorator. Reference counting goes on.

    A bulk request's values all live until its end and make no cycles, so every run of the
    collector looks at all of them and finds nothing: a quarter of the time of 10,000 rows.
    Threads may overlap: whoever found the collector running sets it running again.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
