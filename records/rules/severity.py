"""How much each fault matters: the one table of codes, for both profiles.

`lenient` is what the API and the commands do unless told otherwise, `strict` what uploads do. An
error fails the row; a warning is shown to staff and the row is created. Codes are documented;
changing one breaks clients. `<field>.type` stands in the table once, as ANY_TYPE.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Final


class Severity(Enum):
    """What a fault does to its row."""

    ERROR = "error"
    WARNING = "warning"
    OFF = "off"


E, W, OFF = Severity.ERROR, Severity.WARNING, Severity.OFF

PROFILES: Final = ("lenient", "strict")
ANY_TYPE: Final = "*.type"

SEVERITIES: Final[Mapping[str, tuple[Severity, Severity]]] = {
    "row.type": (E, E),
    "config.missing": (E, E),
    "type.unsupported": (E, E),
    ANY_TYPE: (E, E),
    "objectid.pattern": (E, E),
    "text.unstorable": (E, E),
    "text.too_long": (E, E),
    "status.enum": (E, E),
    "duplicate.in_request": (E, E),
    "duplicate.existing": (E, E),
    "supervisor.missing": (W, E),
    "supervisor.cycle": (W, E),
    "supervisor.self": (OFF, W),
    "integration.unknown": (W, E),
    "npi.format": (W, E),
    "npi.checksum": (W, E),
    "npi.first_digit": (W, W),
    "npi.shared": (W, W),
    "npi.registry": (W, W),
    "npi.missing": (OFF, W),
    "name.missing": (OFF, W),
    "gender.value": (W, E),
    "language.tag": (W, E),
    "specialty.code": (W, E),
    "specialty.name": (W, W),
    "hours.format": (W, E),
    "hours.order": (W, E),
    "hours.overlap": (W, E),
    "hours.half": (W, E),
    "hours.day": (W, E),
    "avatar.url": (W, E),
    "field.unknown": (W, E),
}
"""Code → what it does under lenient, and under strict."""


@cache
def severity(code: str, profile: str) -> Severity:
    """What this fault does under a profile. Raises KeyError for a code that nobody documented."""
    column = PROFILES.index(profile)
    if code not in SEVERITIES and code.endswith(".type"):
        code = ANY_TYPE
    return SEVERITIES[code][column]
