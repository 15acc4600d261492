"""Records as lines of an NPPES file: the columns that a record can fill, and the portal's ids.

What such a file has no column for (summary, hours, languages ...) does not go out, nor does the
status: NPPES tells it by the day of deactivation, which a record does not know. Taken back, the
file leaves all that as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from records.importers import cells, nppes
from records.importers.fields import INTEGRATION_ID, LOGICAL_ID, RECORD_ID

_CODES: Final = {word: code for code, word in nppes.GENDERS.items()}

COLUMNS: Final = (
    *(nppes.NPI, nppes.ENTITY, nppes.LAST, nppes.FIRST, nppes.MIDDLE, nppes.CREDENTIAL),
    *(nppes.CITY, nppes.STATE, nppes.GENDER),
    *(
        column.format(number)
        for number in nppes.NUMBERS
        for column in (nppes.TAXONOMY, nppes.LICENSE, nppes.PRIMARY)
    ),
    *(RECORD_ID, LOGICAL_ID, INTEGRATION_ID),
)


def cells_of(row: Mapping[str, Any], record_id: str = "") -> dict[str, str]:
    """A stored row as cells by column."""
    config = row["config"]
    first, middle, last = _names(config.get("name") or "")
    city, _, state = _place(config.get("locations") or ()).rpartition(", ")
    found = {
        nppes.NPI: _cell(config.get("npi")),
        nppes.ENTITY: "1",
        nppes.FIRST: first,
        nppes.MIDDLE: middle,
        nppes.LAST: last,
        nppes.CREDENTIAL: _cell(config.get("qualification")),
        nppes.GENDER: _cell(_CODES.get(config.get("gender") or "", config.get("gender"))),
        nppes.CITY: city or state,
        nppes.STATE: state if city else "",
        RECORD_ID: record_id,
        LOGICAL_ID: _cell(row.get(LOGICAL_ID)),
        INTEGRATION_ID: _cell(row.get(INTEGRATION_ID)),
    }
    return found | _taxonomies(config)


def values_of(row: Mapping[str, Any], record_id: str) -> Sequence[str]:
    """The same in the order of `COLUMNS`."""
    found = cells_of(row, record_id)
    return [found.get(column, "") for column in COLUMNS]


def _cell(value: Any) -> str:
    return cells.cell_of(value, cells.text_in)


def _names(name: str) -> tuple[str, str, str]:
    """First, middle and last name; all in the last one when the words cannot be told apart."""
    words = name.split(" ")
    if len(words) < 2 or not all(words):
        return "", "", _cell(name)
    return words[0], " ".join(words[1:-1]), words[-1]


def _place(locations: Sequence[Mapping[str, Any]]) -> str:
    """The first place that has a name."""
    return next((name for each in locations if (name := each.get("locationName"))), "")


def _taxonomies(config: Mapping[str, Any]) -> dict[str, str]:
    codes = [code for each in config.get("specialties") or () if (code := each.get("code"))]
    found = {}
    for number, code in zip(nppes.NUMBERS, codes, strict=False):
        found[nppes.TAXONOMY.format(number)] = _cell(code)
        found[nppes.PRIMARY.format(number)] = "Y" if number == 1 else "N"
    return found | {nppes.LICENSE.format(1): _cell(config.get("id"))}
