"""What a list of checks or batches can be narrowed by, from the query of its address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from eligibility.choices import Failure, Outcome, Review, Status
from eligibility.dates import iso_date
from eligibility.models import EligibilityTask
from portal.api.times import read_time
from portal.errors import ApiError, invalid_request
from portal.intake.text import find_unstorable

Tasks = QuerySet[EligibilityTask]
Narrow = Callable[[Tasks, str], Tasks]


def tasks_asked(tasks: Tasks, wanted: Mapping[str, Any]) -> Tasks:
    """The tasks that match every filter. Raises ApiError for one that nobody knows or can have.

    `wanted` comes from a query or from a JSON body; absent, null and empty ones do not count.
    """
    for name, value in wanted.items():
        if value in (None, ""):
            continue
        if name not in FILTERS:
            known = ", ".join(FILTERS)
            raise _refused(name, "unknown", f"There is no filter {name[:64]}. There are: {known}.")
        text = str(value).lower() if isinstance(value, bool) else value
        if not isinstance(text, str) or find_unstorable(text) is not None:
            raise _refused(name, "format", f"{name} is a text.")
        tasks = FILTERS[name](tasks, text.strip())
    return tasks


def _one_of(column: str, known: list[str]) -> Narrow:
    def narrow(tasks: Tasks, value: str) -> Tasks:
        if value not in known:
            raise _refused(column, "unknown", f"{column} is one of: {', '.join(known)}.", value)
        return tasks.filter(**{column: value})

    return narrow


def _payer(tasks: Tasks, value: str) -> Tasks:
    return tasks.filter(payer__code=value.upper())


def _batch(tasks: Tasks, value: str) -> Tasks:
    try:
        return tasks.filter(batch=UUID(value))
    except ValueError:
        raise _refused("batch_id", "format", "batch_id is a UUID.", value) from None


def _reference(tasks: Tasks, value: str) -> Tasks:
    return tasks.filter(client_reference=value)


def _service_date(tasks: Tasks, value: str) -> Tasks:
    day = iso_date(value)
    if day is None:
        raise _refused("service_date", "format", "service_date is a day: 2026-11-22.", value)
    return tasks.filter(service_date=day)


def _test_mode(tasks: Tasks, value: str) -> Tasks:
    known = {"true": True, "1": True, "false": False, "0": False}
    if value.lower() not in known:
        raise _refused("test_mode", "format", "test_mode is true or false.", value)
    return tasks.filter(test_mode=known[value.lower()])


def _since(column: str, name: str) -> Narrow:
    return lambda tasks, value: tasks.filter(**{f"{column}__gte": read_time(name, value)})


def _refused(name: str, fault: str, message: str, value: Any = None) -> ApiError:
    return invalid_request(f"{name[:64]}.{fault}", message, value=value and str(value)[:64])


FILTERS: dict[str, Narrow] = {
    "status": _one_of("status", Status.values),
    "outcome": _one_of("outcome", Outcome.values),
    "failure": _one_of("failure", Failure.values),
    "review": _one_of("review", Review.values),
    "tpa_name": _payer,
    "batch_id": _batch,
    "client_reference": _reference,
    "service_date": _service_date,
    "test_mode": _test_mode,
    "created_since": _since("created_at", "created_since"),
    "updated_since": _since("updated_at", "updated_since"),
}
"""Query parameter → how it narrows the list of checks."""
