"""How the processes of a cluster die: with their parent, and before they fill the machine."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from contextlib import suppress

_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG: Linux' own word for it."""


def die_with_parent() -> None:
    """Have the kernel end this process when its parent ends, and all that it forks likewise.

    Where there is no such kernel the cluster's leader still looks after its parent.
    """
    _ask_kernel()
    os.register_at_fork(after_in_child=_ask_kernel)


def _ask_kernel() -> None:
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, int(signal.SIGKILL))


def limit_memory(megabytes: int) -> None:
    """Bound the memory of this process and of each one it forks; 0 sets no bound.

    What asks for more gets a MemoryError, or dies of it: the row is blamed, the machine lives.
    Counted are the private pages that can be written, not files or code mapped from disk.
    """
    if megabytes <= 0:
        return
    _, hardest = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = megabytes * 1024 * 1024
    if hardest != resource.RLIM_INFINITY:
        wanted = min(wanted, hardest)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, hardest))
