"""Ids as addresses and bodies carry them."""

from __future__ import annotations

from typing import Any

from portal.api.ids import ids_in
from portal.errors import invalid_request

__all__ = ["ids_in", "only_text"]


def only_text(ids: list[Any]) -> list[str]:
    """The same list. Raises ApiError when one of `task_ids` is no string."""
    for index, each in enumerate(ids):
        if not isinstance(each, str):
            message = "Every id in `task_ids` must be a string."
            raise invalid_request("task_ids.type", message, pointer=f"/task_ids/{index}")
    return ids
