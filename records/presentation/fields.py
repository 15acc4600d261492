"""The fields of a record in the words of the pages, and places in a row as people read them."""

from __future__ import annotations

from typing import Final

LABELS: Final[dict[str, str]] = {
    "logicalId": "Id in your system",
    "integrationId": "Integration",
    "config": "Record",
    "type": "Type",
    "name": "Name",
    "npi": "NPI",
    "id": "Practitioner's id",
    "gender": "Gender",
    "status": "Status",
    "qualification": "Qualification",
    "education": "Education",
    "summary": "Summary",
    "languages": "Languages",
    "specialties": "Specialties",
    "organizationId": "Organisation's id",
    "locations": "Locations",
    "supervisorId": "Supervisor",
    "workingHours": "Working hours",
    "preferred_visiting_reasons": "Preferred reasons for a visit",
    "avatar": "Picture",
}
"""Documented key of a row or its config → what a page calls it, in the order pages show them."""

DAY_LABELS: Final[dict[str, str]] = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}

_ENTRIES: Final[dict[str, str]] = {
    "languages": "Language",
    "specialties": "Specialty",
    "locations": "Location",
    "preferred_visiting_reasons": "Reason for a visit",
}
_PARTS: Final[dict[str, str]] = {
    "code": "code",
    "name": "name",
    "locationId": "id",
    "locationName": "name",
    "start": "start",
    "end": "end",
}


def label(name: str) -> str:
    """What a page calls this field; one that nobody knows is called what it is called."""
    return LABELS.get(name, name)


def place(pointer: str) -> str:
    """Where a fault is, in words: "/config/specialties/1/code" is "Specialty 2, code".

    A pointer to the row itself is "The whole row"; keys that nobody knows stay as they are.
    """
    steps = [each.replace("~1", "/").replace("~0", "~") for each in pointer.split("/")[1:]]
    if not steps:
        return "The whole row"
    if steps[0] == "config" and len(steps) > 1:
        steps = steps[1:]
    name, rest = steps[0], steps[1:]
    if name == "workingHours" and rest:
        day, *rest = rest
        words = [DAY_LABELS.get(day, day)]
        if rest:
            words.append(f"hours {_place_in_list(rest.pop(0))}")
    elif name in _ENTRIES and rest:
        words = [f"{_ENTRIES[name]} {_place_in_list(rest.pop(0))}"]
    else:
        words = [label(name)]
    return ", ".join([*words, *(_PARTS.get(each, each) for each in rest)])


def _place_in_list(index: str) -> str:
    """People count from one."""
    return str(int(index) + 1) if index.isascii() and index.isdigit() else index
