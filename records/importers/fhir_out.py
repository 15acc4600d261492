"""Records as FHIR: a Practitioner and, where there is something to say, its PractitionerRole.

What FHIR has no element for (summary, education, supervisor, visiting reasons, the practitioner's
own id) does not go out; taken back, the file leaves it as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from records.importers.fhir import (
    GENDERS,
    INTEGRATION_SYSTEM,
    LANGUAGE_SYSTEM,
    LOGICAL_SYSTEM,
    NPI_SYSTEM,
    PRACTITIONER,
    RECORD_SYSTEM,
    ROLE,
    STATUS,
    TAXONOMY_SYSTEM,
)
from records.importers.fields import INTEGRATION_ID, LOGICAL_ID

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_MINUTES = re.compile(r"[0-2][0-9]:[0-5][0-9]")
_ACTIVE: Final = {word: active for active, word in STATUS.items()}

Resource = dict[str, Any]


def resources_of(row: Mapping[str, Any], record_id: str) -> list[Resource]:
    """The practitioner of a stored row, with its role when it has one."""
    config = row["config"]
    logical_id = row.get(LOGICAL_ID)
    is_id = isinstance(logical_id, str) and _ID.fullmatch(logical_id) is not None
    own_id = logical_id if is_id else record_id
    identifiers = [
        _identifier(NPI_SYSTEM, config.get("npi")),
        _identifier(RECORD_SYSTEM, record_id),
        _identifier(LOGICAL_SYSTEM, None if is_id else logical_id),
        _identifier(INTEGRATION_SYSTEM, row.get(INTEGRATION_ID)),
    ]
    practitioner = _said(
        resourceType=PRACTITIONER,
        id=own_id,
        identifier=[each for each in identifiers if each],
        active=_ACTIVE.get(config.get("status")),
        name=_one("text", config.get("name")),
        gender=config.get("gender") if config.get("gender") in GENDERS else None,
        photo=_one("url", config.get("avatar")),
        qualification=_qualification(config.get("qualification")),
        communication=[_language(each) for each in config.get("languages") or ()],
    )
    role = _role(config)
    if not role:
        return [practitioner]
    about = _said(
        reference=f"{PRACTITIONER}/{own_id}", identifier=_identifier(RECORD_SYSTEM, record_id)
    )
    return [practitioner, {"resourceType": ROLE, "practitioner": about, **role}]


def _said(**elements: Any) -> Resource:
    """The elements that say something."""
    return {name: value for name, value in elements.items() if value not in (None, [], {}, "")}


def _identifier(system: str, value: Any) -> Resource | None:
    return {"system": system, "value": value} if value else None


def _one(name: str, value: Any) -> list[Resource] | None:
    return [{name: value}] if value else None


def _qualification(text: Any) -> list[Resource] | None:
    return [{"code": {"text": text}}] if text else None


def _language(tag: Any) -> Resource:
    return {"coding": [{"system": LANGUAGE_SYSTEM, "code": tag}]}


def _role(config: Mapping[str, Any]) -> Resource:
    return _said(
        organization=_reference(config.get("organizationId"), None),
        specialty=[_specialty(each) for each in config.get("specialties") or ()],
        location=[
            _reference(each.get("locationId"), each.get("locationName"))
            for each in config.get("locations") or ()
        ],
        availableTime=_times(config.get("workingHours") or {}),
    )


def _specialty(said: Mapping[str, Any]) -> Resource:
    code, name = said.get("code"), said.get("name")
    if not code:
        return _said(text=name)
    return {"coding": [_said(system=TAXONOMY_SYSTEM, code=code, display=name)]}


def _reference(value: Any, display: Any) -> Resource:
    return _said(identifier={"value": value} if value else None, display=display)


def _times(week: Mapping[str, Any]) -> list[Resource]:
    found = []
    for day, stretches in week.items():
        for stretch in stretches or ():
            start, end = stretch.get("start"), stretch.get("end")
            if (start, end) == ("00:00", "24:00"):
                found.append({"daysOfWeek": [day], "allDay": True})
            else:
                times = {"availableStartTime": _time(start), "availableEndTime": _time(end)}
                found.append({"daysOfWeek": [day], **_said(**times)})
    return found


def _time(clock: Any) -> Any:
    """FHIR writes seconds."""
    return f"{clock}:00" if isinstance(clock, str) and _MINUTES.fullmatch(clock) else clock
