"""Web processes that die in the middle of a request, at a moment that the request orders.

Kills from outside rarely fall between a commit and its answer; these always do. Each leaves one
line (when, the request's name) in a file before it dies, which the judge reads.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn
from unittest import mock

from django.db import connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from portal import idempotency
from portal.models import idempotency as records
from tests.torture import DEATHS_VARIABLE, DIES_HEADER
from tests.torture.requests import AFTER

LEASE = timedelta(seconds=3)
"""How long a dead request holds its key here, so that its repeat is not kept waiting a minute."""

Handler = Callable[[HttpRequest], HttpResponseBase]


class DiesAsOrdered:
    """Before the statement of that number, or between the commit and the answer."""

    def __init__(self, get_response: Handler) -> None:
        self._get_response = get_response
        for module in (idempotency, records):
            mock.patch.object(module, "LEASE", LEASE).start()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, unless the request orders otherwise."""
        order = request.headers.get(DIES_HEADER, "")
        if not order:
            return self._get_response(request)
        with connection.execute_wrapper(_Countdown(order)):
            answer = self._get_response(request)
        if answer.status_code == 200:
            _die(f"{AFTER} {order.split()[1]}")
        return answer


class _Countdown:
    """Lets so many statements pass, and dies before the next."""

    def __init__(self, order: str) -> None:
        self._order = order
        when = order.split()[0]
        self._left = None if when == AFTER else int(when)

    def __call__(self, execute: Any, *statement: Any) -> Any:
        if self._left is not None:
            self._left -= 1
            if self._left <= 0:
                _die(self._order)
        return execute(*statement)


def _die(line: str) -> NoReturn:
    with Path(os.environ[DEATHS_VARIABLE]).open("a") as file:
        file.write(f"{line}\n")
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("not reached")


def deaths(place: Path) -> dict[str, str]:
    """When the process died that took a request, by the request's name."""
    lines = place.read_text().splitlines() if place.exists() else []
    return {name: when for when, name in map(str.split, lines)}
