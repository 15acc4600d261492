"""Who holds a row: the names that stand on leases."""

from __future__ import annotations

import os

from portal.broker import HOST_KEY_VARIABLE


def host_id() -> str:
    """The id of the `workers` command this process belongs to; empty outside of one."""
    return os.environ.get(HOST_KEY_VARIABLE, "")


def worker_name(pid: int | None = None) -> str:
    """The name of a worker process on its leases: host and process id."""
    return f"{host_id()}:{pid or os.getpid()}"
