"""The columns that lists filter and search by: read off a record's config, here and nowhere else.

`config` is the truth; whoever writes it writes these beside it, from `shadow_of`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.folding import fold

SHADOWS = (
    "type",
    "npi",
    "name_key",
    "status",
    "supervisor_id",
    "organization_id",
    "external_id",
    "specialty_key",
)
"""The columns, in the order of `shadow_of`."""

NAME_LENGTH = 300
SPECIALTY_LENGTH = 2000
BETWEEN = "|"
"""Stands around every code and name of `specialty_key`."""


def shadow_of(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The values of `SHADOWS`: empty text where the config says nothing."""
    return (
        config["type"],
        config["npi"] or "",
        fold(config["name"] or "")[:NAME_LENGTH],
        config["status"] or "",
        config["supervisorId"] or "",
        config["organizationId"] or "",
        config["id"] or "",
        specialty_key(config["specialties"] or ()),
    )


def specialty_key(specialties: Any) -> str:
    """Codes and names, folded, each between bars: "|207q00000x|family medicine|".

    A bar inside a name becomes a space, so that no name looks like two.
    """
    if not specialties:
        return ""
    words = [
        fold(each[part].replace(BETWEEN, " "))
        for each in specialties
        for part in ("code", "name")
        if each.get(part)
    ]
    return f"{BETWEEN}{BETWEEN.join(words)}{BETWEEN}"[:SPECIALTY_LENGTH] if words else ""
