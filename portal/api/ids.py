"""Ids as addresses carry them."""

from __future__ import annotations

import re
from uuid import UUID

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def ids_in(*texts: str) -> set[UUID]:
    """The ids among these texts. Only the usual form is one: any other text names nothing."""
    return {UUID(text) for text in texts if _ID.fullmatch(text)}
