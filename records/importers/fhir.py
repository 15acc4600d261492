"""FHIR: what a Practitioner, joined with its PractitionerRoles, says of a record, and back.

R4 as bulk exports have it; R5's `communication.language` and `availability` are understood, too.
Values are taken over as they stand, whatever their type: the rules tell what is wrong with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from records.importers.fields import DAYS, TYPE

NPI_SYSTEM: Final = "http://hl7.org/fhir/sid/us-npi"
TAXONOMY_SYSTEM: Final = "http://nucc.org/provider-taxonomy"
LANGUAGE_SYSTEM: Final = "urn:ietf:bcp:47"
RECORD_SYSTEM: Final = "urn:eligibility-portal:record"
LOGICAL_SYSTEM: Final = "urn:eligibility-portal:logical-id"
INTEGRATION_SYSTEM: Final = "urn:eligibility-portal:integration"
PRACTITIONER: Final = "Practitioner"
ROLE: Final = "PractitionerRole"
GENDERS: Final = frozenset({"male", "female", "other", "unknown"})
STATUS: Final = {True: "active", False: "inactive"}

Resource = Mapping[str, Any]


def objects(resource: Any, name: str) -> Iterator[Resource]:
    """The objects that stand in a list, or alone, under this name; other values are passed over."""
    value = resource.get(name) if isinstance(resource, Mapping) else None
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, Mapping):
            yield item


def identifier(resource: Any, system: str) -> Any:
    """The value of the resource's first identifier of this system."""
    found = (each.get("value") for each in objects(resource, "identifier"))
    wanted = (each.get("system") == system for each in objects(resource, "identifier"))
    return next((value for value, is_it in zip(found, wanted, strict=True) if is_it), None)


def config_of(practitioner: Resource, roles: Sequence[Resource]) -> dict[str, Any]:
    """The config that a practitioner and its roles say."""
    organisation = next((each for role in roles for each in objects(role, "organization")), None)
    config = {
        "type": TYPE,
        "organizationId": _id_in(organisation),
        "npi": identifier(practitioner, NPI_SYSTEM),
        "name": _name(practitioner),
        "gender": practitioner.get("gender"),
        "avatar": next((photo.get("url") for photo in objects(practitioner, "photo")), None),
        "qualification": _qualification(practitioner),
        "status": _status(practitioner.get("active")),
        "languages": _languages(practitioner),
        "specialties": _specialties(roles),
        "locations": _locations(roles),
        "workingHours": _hours(roles),
    }
    return {name: value for name, value in config.items() if value is not None}


OF_PERSON: Final = frozenset(
    ("npi", "name", "gender", "avatar", "qualification", "status", "languages")
)
OF_ROLES: Final = frozenset(("organizationId", "specialties", "locations", "workingHours"))
"""The fields that a practitioner speaks of, and those that its roles do."""


def _name(practitioner: Resource) -> str | None:
    """As it is written out, or put together: prefix, given names, family name, suffix."""
    names = list(objects(practitioner, "name"))
    best = next(
        (each for each in names if each.get("use") == "official"), names[0] if names else {}
    )
    if isinstance(best.get("text"), str):
        return str(best["text"])
    parts = (best.get("prefix"), best.get("given"), best.get("family"), best.get("suffix"))
    words = [w for part in parts for w in (part if isinstance(part, list) else [part])]
    return " ".join(word.strip() for word in words if isinstance(word, str)) or None


def _status(active: Any) -> Any:
    return STATUS[active] if isinstance(active, bool) else active


def _concept(concept: Resource) -> str | None:
    """What a CodeableConcept is called."""
    said = concept.get("text") or next(
        (c.get("display") or c.get("code") for c in objects(concept, "coding")), None
    )
    return said if isinstance(said, str) else None


def _qualification(practitioner: Resource) -> str | None:
    held = objects(practitioner, "qualification")
    found = (_concept(code) for each in held for code in objects(each, "code"))
    return ", ".join(dict.fromkeys(filter(None, found))) or None


def _languages(practitioner: Resource) -> list[Any] | None:
    found = []
    for each in objects(practitioner, "communication"):
        concept = next(objects(each, "language"), each)
        coding = next(objects(concept, "coding"), {})
        said = coding.get("code") or concept.get("text")
        if said is not None and said not in found:
            found.append(said)
    return found or None


def _specialties(roles: Sequence[Resource]) -> list[dict[str, Any]] | None:
    found: list[dict[str, Any]] = []
    for role in roles:
        for concept in objects(role, "specialty"):
            codings = list(objects(concept, "coding"))
            nucc = [each for each in codings if each.get("system") == TAXONOMY_SYSTEM]
            coding = next(iter(nucc or codings), {})
            said = {
                "code": coding.get("code"),
                "name": coding.get("display") or concept.get("text"),
            }
            said = {name: value for name, value in said.items() if value is not None}
            if said and said not in found:
                found.append(said)
    return found or None


def _locations(roles: Sequence[Resource]) -> list[dict[str, Any]] | None:
    found: list[dict[str, Any]] = []
    for role in roles:
        for place in objects(role, "location"):
            said = {"locationId": _id_in(place), "locationName": place.get("display")}
            said = {name: value for name, value in said.items() if value is not None}
            if said and said not in found:
                found.append(said)
    return found or None


def _id_in(reference: Resource | None) -> Any:
    """What a Reference points to: its identifier's value, or the id behind the last slash."""
    if reference is None:
        return None
    value = next((each.get("value") for each in objects(reference, "identifier")), None)
    target = reference.get("reference")
    if value is None and isinstance(target, str):
        return target.rpartition("/")[2].removeprefix("urn:uuid:") or None
    return value


def _hours(roles: Sequence[Resource]) -> dict[str, Any] | None:
    week: dict[str, Any] = {}
    for role in roles:
        times = [*objects(role, "availableTime")]
        times += [
            t for each in objects(role, "availability") for t in objects(each, "availableTime")
        ]
        for time in times:
            _add_time(week, time)
    ordered = {day: week[day] for day in DAYS if day in week}
    return ordered or None


def _add_time(week: dict[str, Any], time: Resource) -> None:
    start, end = time.get("availableStartTime"), time.get("availableEndTime")
    if time.get("allDay") is True:
        start, end = "00:00", "24:00"
    stretch = {"start": _clock(start), "end": _clock(end)}
    stretch = {name: value for name, value in stretch.items() if value is not None}
    days = time.get("daysOfWeek")
    for day in days if isinstance(days, list) else [days]:
        if day in DAYS and stretch not in week.setdefault(day, []):
            week[day].append(stretch)


def _clock(time: Any) -> Any:
    """FHIR writes seconds: 09:00:00."""
    is_even = isinstance(time, str) and len(time) == 8 and time.endswith(":00")
    return time[:5] if is_even else time
