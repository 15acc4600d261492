"""Requests that arrive at the same moment, each on a database connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from django.db import connection

T = TypeVar("T")


def at_once(*requests: Callable[[], T]) -> list[T]:
    """The answers of requests that begin together; raises when one of them failed."""
    start = threading.Barrier(len(requests))
    answers: dict[int, T] = {}

    def work(number: int, request: Callable[[], T]) -> None:
        try:
            connect()
            start.wait(30)
            answers[number] = request()
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=each) for each in enumerate(requests)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == len(requests)
    return [answers[number] for number in range(len(requests))]


def connect() -> None:
    """Open this thread's connection; PostgreSQL looks for deadlocks soon if we may say so."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT set_config('deadlock_timeout', '50ms', false)"
                " WHERE current_setting('is_superuser') = 'on'"
            )
