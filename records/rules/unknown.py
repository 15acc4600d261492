"""`field.unknown` and `hours.day`: keys that the documents do not have, and what was meant.

They stay in the raw row. Keys without a value are not worth a word, nor are those that the
portal itself writes: a record that was fetched may be sent back as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from portal.intake.spelling import Speller
from records.outline import Outline, outline_of
from records.rules.findings import Findings, step
from records.schemas import CONFIG_TYPES, DAYS, READ_ONLY, Place, WorkingHours

_OTHER_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "logicalId": ("externalId", "reference", "logical"),
    "integrationId": ("integration",),
    "config": ("configuration", "practitioner"),
    "organizationId": ("organisationId", "organization", "organisation", "orgId"),
    "id": ("practitionerId", "providerId", "identifier"),
    "npi": ("npiNumber", "npiCode", "nationalProviderIdentifier"),
    "name": ("fullName", "displayName", "practitionerName", "doctorName"),
    "gender": ("sex",),
    "avatar": ("photo", "picture", "image", "avatarUrl", "photoUrl", "imageUrl"),
    "summary": ("bio", "biography", "about", "description"),
    "qualification": ("degree", "credential", "credentials", "qualifications"),
    "education": ("training", "school", "university"),
    "supervisorId": ("supervisor", "supervisedBy", "manager"),
    "status": ("state", "active"),
    "languages": ("language", "spokenLanguages", "lang", "communication"),
    "specialties": ("speciality", "specialities", "specialty", "taxonomy", "taxonomies"),
    "locations": ("location", "clinics", "sites", "facilities"),
    "workingHours": ("hours", "schedule", "availability", "openingHours", "officeHours"),
    "preferred_visiting_reasons": ("visitingReasons", "visitReasons", "preferredReasons"),
    "locationId": ("id",),
    "locationName": ("name",),
    "code": ("taxonomyCode", "nuccCode", "specialtyCode"),
    "start": ("from", "begin", "open", "opens", "startTime"),
    "end": ("to", "until", "close", "closes", "endTime"),
    "mon": ("monday", "mo"),
    "tue": ("tuesday", "tues", "tu"),
    "wed": ("wednesday", "we"),
    "thu": ("thursday", "thurs", "thur", "th"),
    "fri": ("friday", "fr"),
    "sat": ("saturday", "sa"),
    "sun": ("sunday", "su"),
}
_ROW: Final = outline_of(Place).keys | {"config"}
_ROW_AND_ANSWER: Final = _ROW | READ_ONLY
_INSIDE: Final = frozenset[str]().union(*(outline_of(e).keys for e in CONFIG_TYPES.values()))


@cache
def _speller(names: frozenset[str]) -> Speller:
    return Speller({name: _OTHER_WORDS.get(name, ()) for name in sorted(names)})


def look_at_row(row: Mapping[str, Any], found: Findings) -> None:
    """The keys beside `config`. A key that belongs into it is told so."""
    if _ROW_AND_ANSWER.issuperset(row):
        return
    for name in _strangers(row, _ROW_AND_ANSWER):
        if name in _INSIDE:
            message = f"This field is not used here: it belongs into config ({name})."
            found.add(step(name), "field.unknown", message, row[name], f"config.{name}")
        else:
            _refuse(step(name), row[name], found.guesses.suggest(_speller(_ROW), name), found)


def look_into(given: Mapping[str, Any], outline: Outline, found: Findings, pointer: str) -> None:
    """The keys of an object as sent, and of the objects in it; a value of no object is passed.

    A clean object costs one comparison of sets.
    """
    if not outline.keys.issuperset(given):
        _name_strangers(given, outline, found, pointer)
    for name, inner, is_list in outline.inside:
        part = given.get(name)
        if not part:
            continue
        if not is_list:
            if part.__class__ is dict:
                look_into(part, inner, found, f"{pointer}/{name}")
        elif part.__class__ is list:
            for index, item in enumerate(part):
                if item.__class__ is dict and (inner.inside or not inner.keys.issuperset(item)):
                    look_into(item, inner, found, f"{pointer}/{name}/{index}")


def _name_strangers(
    given: Mapping[str, Any], outline: Outline, found: Findings, pointer: str
) -> None:
    for name in _strangers(given, outline.keys):
        meant = found.guesses.suggest(_speller(outline.keys), name)
        if outline.shape is WorkingHours:
            message = f"A day is one of {', '.join(DAYS)}."
            found.add(pointer + step(name), "hours.day", message, given[name], meant)
        else:
            _refuse(pointer + step(name), given[name], meant, found)


def _strangers(given: Mapping[str, Any], known: frozenset[str]) -> list[str]:
    return [name for name, value in given.items() if name not in known and value is not None]


def _refuse(pointer: str, value: Any, meant: str | None, found: Findings) -> None:
    hint = f" Did you mean {meant}?" if meant else ""
    message = f"This field is not known and not used.{hint}"
    found.add(pointer, "field.unknown", message, value, meant)
