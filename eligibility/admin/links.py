"""Addresses that pages link to. None names a patient; those of pages that do not exist are ""."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import NoReverseMatch, reverse


def address(name: str, *arguments: Any, **query: Any) -> str:
    """The address of a page of the staff's site, with a query of what is not empty."""
    try:
        path = reverse(f"admin:{name}", args=arguments)
    except NoReverseMatch:
        return ""
    given = {key: value for key, value in query.items() if value not in (None, "")}
    return f"{path}?{urlencode(given)}" if given else path


def task_address(task_id: UUID | str) -> str:
    """A check's page."""
    return address("eligibility_eligibilitytask_change", task_id)


def batch_address(batch_id: UUID | str) -> str:
    """A batch's page."""
    return address("eligibility_batch_change", batch_id)


def tasks_address(**filters: Any) -> str:
    """The list of checks, filtered by the parameters of its own filters."""
    return address("eligibility_eligibilitytask_changelist", **filters)


def fix_address(task_id: UUID | str) -> str:
    """Where a check is corrected; empty while there is no such page."""
    return address("eligibility_fix", task_id)
