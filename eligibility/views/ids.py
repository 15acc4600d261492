"""Ids as addresses and bodies carry them."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from portal.errors import invalid_request

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def ids_in(*texts: str) -> set[UUID]:
    """The ids among these texts. Only the usual form is one: any other text names nothing."""
    return {UUID(text) for text in texts if _ID.fullmatch(text)}


def only_text(ids: list[Any]) -> list[str]:
    """The same list. Raises ApiError when one of `task_ids` is no string."""
    for index, each in enumerate(ids):
        if not isinstance(each, str):
            message = "Every id in `task_ids` must be a string."
            raise invalid_request("task_ids.type", message, pointer=f"/task_ids/{index}")
    return ids
