"""What a body says about an endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from portal.api.authentication import Caller
from portal.api.ids import ids_in
from portal.api.shapes import text_under
from portal.errors import ApiError, ErrorCode, detail, invalid_request
from portal.intake.text import storable_text
from portal.models import Clinic
from portal.models.webhook import SUBSCRIBABLE
from portal.webhooks.address import LONGEST, url_fault

_KEYS: Final = frozenset({"url", "description", "events", "clinic_id"})
_LONGEST_DESCRIPTION: Final = 200
_TYPES: Final = tuple(each.value for each in SUBSCRIBABLE)


def read_fields(body: Mapping[str, Any], caller: Caller, *, is_new: bool) -> dict[str, Any]:
    """The endpoint's fields that the body names. Raises ApiError for the first that is wrong.

    A new one needs an address, and hears of the caller's clinic unless it says otherwise.
    """
    for key in body:
        if key not in _KEYS:
            message = f"There is no such field; there are {', '.join(sorted(_KEYS))}."
            raise invalid_request("field.unknown", message, pointer=f"/{key}")
    fields: dict[str, Any] = {}
    if is_new or "url" in body:
        fields["url"] = _url(body)
    if "description" in body:
        text = text_under("description", dict(body), most=_LONGEST_DESCRIPTION)
        fields["description"] = storable_text(text)
    if "events" in body:
        fields["event_types"] = _events(body["events"])
    if "clinic_id" in body:
        fields["clinic"] = _clinic(body["clinic_id"], caller)
    elif is_new:
        fields["clinic"] = caller.clinic
    return fields


def has_whole_team(caller: Caller) -> bool:
    """Whether the key may act for every clinic of its team."""
    mine = caller.key.clinics.values("pk")
    return not Clinic.objects.filter(team=caller.team).exclude(pk__in=mine).exists()


def _url(body: Mapping[str, Any]) -> str:
    url = text_under("url", dict(body), most=LONGEST)
    if not url:
        raise invalid_request("url.missing", "An endpoint needs a `url`.", pointer="/url")
    if fault := url_fault(url):
        raise invalid_request("url.refused", fault, pointer="/url", value=url)
    return url


def _events(value: Any) -> list[str]:
    """Each type once, in the order of the documentation; null and [] want all."""
    if value is None:
        return []
    if not isinstance(value, list):
        message = "`events` must be an array of event types."
        raise invalid_request("events.type", message, pointer="/events")
    for place, each in enumerate(value):
        if each not in _TYPES:
            message = f"There is no such event; there are {', '.join(_TYPES)}."
            raise invalid_request(
                "events.unknown", message, pointer=f"/events/{place}", value=str(each)[:64]
            )
    return [each for each in _TYPES if each in value]


def _clinic(value: Any, caller: Caller) -> Clinic | None:
    if value is None:
        if has_whole_team(caller):
            return None
        message = "This key may not act for every clinic of the team."
        entry = detail("clinic.foreign", message, pointer="/clinic_id")
        raise ApiError(ErrorCode.FORBIDDEN, message, details=[entry])
    wanted = ids_in(value) if isinstance(value, str) else set()
    if wanted != {caller.clinic.pk}:
        message = "`clinic_id` is the clinic that the request acts for, or null for the whole team."
        raise invalid_request("clinic.other", message, pointer="/clinic_id")
    return caller.clinic
