"""The NPPES dissemination file: practitioners by the header names that CMS gives its columns.

One line is one NPI. Entity type 1 is a person; 2 is an organisation and no practitioner. Of the
329 columns those that a record has a place for are read, the primary taxonomy first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from records.importers import cells
from records.importers.fields import TYPE

NPI: Final = "NPI"
ENTITY: Final = "Entity Type Code"
LAST: Final = "Provider Last Name (Legal Name)"
FIRST: Final = "Provider First Name"
MIDDLE: Final = "Provider Middle Name"
CREDENTIAL: Final = "Provider Credential Text"
GENDER: Final = "Provider Gender Code"
SEX: Final = "Provider Sex Code"
TAXONOMY: Final = "Healthcare Provider Taxonomy Code_{}"
PRIMARY: Final = "Healthcare Provider Primary Taxonomy Switch_{}"
LICENSE: Final = "Provider License Number_{}"
DEACTIVATED: Final = "NPI Deactivation Date"
REACTIVATED: Final = "NPI Reactivation Date"
CITY: Final = "Provider Business Practice Location Address City Name"
STATE: Final = "Provider Business Practice Location Address State Name"
NUMBERS: Final = range(1, 16)
GENDERS: Final = {"M": "male", "F": "female", "U": "unknown", "X": "other"}


def is_nppes(columns: Sequence[str]) -> bool:
    """Whether these are the columns of such a file."""
    return NPI in columns and ENTITY in columns


def config_of(of: Mapping[str, str]) -> dict[str, Any]:
    """The config that a line's cells (by column) say."""

    def said(column: str) -> str | None:
        return cells.text_in(of.get(column, ""))

    name = " ".join(filter(None, map(said, (FIRST, MIDDLE, LAST))))
    gender = said(GENDER) or said(SEX)
    place = ", ".join(filter(None, map(said, (CITY, STATE))))
    taxonomies, licence = _taxonomies(of)
    config = {
        "type": TYPE,
        "npi": cells.npi_in(of.get(NPI, "")),
        "name": name or None,
        "qualification": said(CREDENTIAL),
        "gender": GENDERS.get(gender or "", gender),
        "specialties": [{"code": code} for code in taxonomies] or None,
        "id": licence,
        "locations": [{"locationName": place}] if place else None,
        "status": _status(said(DEACTIVATED), said(REACTIVATED)) if DEACTIVATED in of else None,
    }
    return {name: value for name, value in config.items() if value is not None}


def _taxonomies(of: Mapping[str, str]) -> tuple[list[str], str | None]:
    """The codes, the primary one first, each once; and the licence of the first that has one."""
    found = []
    for number in NUMBERS:
        code = cells.text_in(of.get(TAXONOMY.format(number), ""))
        licence = cells.text_in(of.get(LICENSE.format(number), ""))
        if code or licence:
            is_primary = of.get(PRIMARY.format(number), "").strip() == "Y"
            found.append((not is_primary, number, code, licence))
    found.sort()
    codes = dict.fromkeys(code for _, _, code, _ in found if code)
    return list(codes), next((licence for *_, licence in found if licence), None)


def _status(deactivated: str | None, reactivated: str | None) -> str:
    """A number that was deactivated and not reactivated since is inactive."""
    if not deactivated:
        return "active"
    return "active" if reactivated and _day(reactivated) >= _day(deactivated) else "inactive"


def _day(text: str) -> str:
    """A day as CMS writes it (05/23/2007), so that it can be compared."""
    month, _, rest = text.partition("/")
    day, _, year = rest.partition("/")
    return f"{year}-{month:0>2}-{day:0>2}" if year else text
