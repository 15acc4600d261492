"""How gunicorn serves the portal: `gunicorn` in the checkout reads this file by itself.

From the environment: HOST and PORT to listen on, WEB_CONCURRENCY processes with WEB_THREADS threads
each, FORWARDED_ALLOW_IPS as gunicorn knows it.
"""

from __future__ import annotations

import atexit
import logging
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

wsgi_app = "portal.wsgi:application"
bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"

worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
timeout = 60
graceful_timeout = 30
keepalive = 5
# A heartbeat file on a busy disk would look like a hung worker.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
control_socket_disable = True

# The processes share their counts for /metrics through files in here; set before any is counted.
_counts = tempfile.mkdtemp(prefix="portal-metrics-", dir=worker_tmp_dir)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = _counts
_first = os.getpid()

limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190

# Method and path, never the query string or the referrer: a typed search term stays out of logs.
accesslog = "-"
access_log_format = '%(h)s "%(m)s %(U)s" %(s)s %(B)s bytes %(M)s ms %({x-request-id}o)s'


@atexit.register
def _take_counts_away() -> None:
    """At the end of the first process, not of its workers, which inherit this."""
    if os.getpid() == _first:
        shutil.rmtree(_counts, ignore_errors=True)


class _WithoutRequest(logging.Filter):
    """Cuts what a client sent off gunicorn's own words about requests that it could not serve."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if message.startswith(("Invalid request from", "Error handling request")):
            record.msg, record.args = re.split("['?]", message, maxsplit=1)[0].rstrip(), ()
        return True


def on_starting(server: Any) -> None:
    """Guard the error log before the first request."""
    server.log.error_log.addFilter(_WithoutRequest())


def child_exit(server: Any, worker: Any) -> None:
    """Keep a dead process's counts, and forget what only it could know."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
