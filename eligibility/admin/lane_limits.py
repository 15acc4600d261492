"""A lane's limits as a form: windows and hours in lines that one can read aloud."""

from __future__ import annotations

import re
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from eligibility.admin.connection_form import BOUNDS
from eligibility.admin.lane_parts import whom
from eligibility.admin.lane_view import own_lane
from eligibility.admin.lanes import CRUMB
from eligibility.admin.links import address
from eligibility.lane_limits import DAYS, parse_blackouts, parse_windows
from eligibility.models import Connection
from eligibility.operations.lanes import set_limits
from portal import audit
from portal.admin_site import Capability, Page, page
from portal.models.team import validate_timezone

_UNITS: Final = {"s": 1.0, "min": 60.0, "h": 3_600.0, "d": 86_400.0}
_WINDOW: Final = re.compile(r"([\d,]{1,11}) (?:calls? )?in (\d{1,7}(?:\.\d{1,3})?) ?(s|min|h|d)")
_HOURS: Final = re.compile(r"(\d\d:\d\d) ?(?:-|to) ?(\d\d:\d\d)(?: (.+))?")


class Lines(forms.CharField):
    """Lines of text that stand for a list; `read` takes one, `write` gives it back."""

    def __init__(self, *, example: str, **options: Any) -> None:
        area = forms.Textarea(attrs={"rows": 3, "class": "ep-input", "placeholder": example})
        super().__init__(required=False, max_length=2_000, widget=area, **options)


def read_window(text: str) -> dict[str, Any]:
    """ "60 in 60 s" as stored. Raises ValidationError."""
    found = _WINDOW.fullmatch(" ".join(text.split()))
    if found is None:
        raise ValidationError(f"“{text}” is not like “60 in 1 min” or “1000 in 1 d”.")
    seconds = float(found[2]) * _UNITS[found[3]]
    return {"calls": int(found[1].replace(",", "")), "seconds": seconds}


def write_window(window: dict[str, Any]) -> str:
    """The same as a line."""
    seconds = float(window["seconds"])
    unit = next(
        name for name in ("d", "h", "min", "s") if name == "s" or not seconds % _UNITS[name]
    )
    return f"{window['calls']} in {seconds / _UNITS[unit]:g} {unit}"


def read_hours(text: str) -> dict[str, Any]:
    """ "22:00 to 06:00 fri, sat" as stored. Raises ValidationError."""
    found = _HOURS.fullmatch(" ".join(text.lower().split()))
    if found is None:
        raise ValidationError(f"“{text}” is not like “22:00 to 06:00” or “12:00 to 13:00 fri”.")
    hours: dict[str, Any] = {"from": found[1], "to": found[2]}
    return {**hours, "days": re.split(r"[ ,]+", found[3])} if found[3] else hours


def write_hours(hours: dict[str, Any]) -> str:
    """The same as a line."""
    days = ", ".join(day for day in DAYS if day in (hours.get("days") or ()))
    return f"{hours['from']} to {hours['to']} {days}".strip()


class LimitsForm(forms.Form):
    """What the payer allows."""

    max_in_flight = forms.IntegerField(
        label="Questions at the same time",
        min_value=int(BOUNDS["max_in_flight"][0]),
        max_value=int(BOUNDS["max_in_flight"][1]),
        help_text="How many may be open at the payer at once, from all workers together.",
        widget=forms.NumberInput(attrs={"class": "ep-input"}),
    )
    rate_windows = Lines(
        label="Calls in a time",
        example="60 in 1 min",
        help_text="One a line: 60 in 1 min, or 1000 in 1 d. s, min, h and d are understood. "
        "None: as fast as the payer answers.",
    )
    daily_cap = forms.IntegerField(
        label="Questions a day",
        required=False,
        min_value=1,
        max_value=10_000_000,
        help_text="Empty: any number. The rest of a day's rows waits for the next day.",
        widget=forms.NumberInput(attrs={"class": "ep-input"}),
    )
    blackouts = Lines(
        label="Hours without questions",
        example="22:00 to 06:00 fri, sat",
        help_text="One a line: 22:00 to 06:00, or 12:00 to 13:00 fri. Without days: every day.",
    )
    timezone = forms.CharField(
        label="Time zone of these days and hours",
        max_length=64,
        validators=[validate_timezone],
        help_text="The payer's clock, such as Asia/Dubai.",
        widget=forms.TextInput(attrs={"class": "ep-input"}),
    )

    def clean_rate_windows(self) -> list[dict[str, Any]]:
        """The windows as stored."""
        found = [read_window(line) for line in _lines(self.cleaned_data["rate_windows"])]
        _judge(parse_windows, found)
        return found

    def clean_blackouts(self) -> list[dict[str, Any]]:
        """The hours as stored."""
        found = [read_hours(line) for line in _lines(self.cleaned_data["blackouts"])]
        _judge(parse_blackouts, found)
        return found

    @classmethod
    def of(cls, lane: Connection) -> LimitsForm:
        """The limits as they are."""
        return cls(
            initial={
                "max_in_flight": lane.max_in_flight,
                "rate_windows": "\n".join(write_window(each) for each in lane.rate_windows),
                "daily_cap": lane.daily_cap,
                "blackouts": "\n".join(write_hours(each) for each in lane.blackouts),
                "timezone": lane.timezone,
            }
        )


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _judge(parse: Any, found: list[dict[str, Any]]) -> None:
    try:
        parse(found)
    except ValueError as error:
        raise ValidationError(str(error)) from None


@page("lanes/<int:pk>/limits/", name="lane_limits", capability=Capability.MANAGE_CONNECTIONS)
class LimitsPage(Page):
    """Change what the payer allows."""

    title = "Limits"
    crumbs = (CRUMB,)
    template_name = "eligibility/lane_limits.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The form as it is, or as it came."""
        lane = own_lane(self.request, self.kwargs["pk"])
        named = {"title": f"Limits: {whom(lane)}", "back": address("lane", lane.pk)}
        return super().get_context_data(**{"form": LimitsForm.of(lane), **named, **kwargs})

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Save, or say at each field what is wrong."""
        lane, form = own_lane(request, self.kwargs["pk"]), LimitsForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        try:
            limits = dict(form.cleaned_data)
            changed = set_limits(connection=lane, limits=limits, actor=audit.actor_of(request))
        except ValidationError as error:
            form.add_error(None, error.messages)
            return self.render_to_response(self.get_context_data(form=form))
        messages.success(request, "Saved. It holds from now on." if changed else "Nothing changed.")
        return redirect(address("lane", lane.pk))
