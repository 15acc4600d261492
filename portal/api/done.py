"""The envelope of what was carried out; that of errors is in `portal.api.envelope`."""

from __future__ import annotations

from typing import Any


def done(message: str, /, **data: Any) -> dict[str, Any]:
    """The answer to a request that was carried out: what was done in words, and its `data`."""
    return {"success": True, "message": message, "data": data}
