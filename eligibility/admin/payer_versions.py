"""What of a payer's rules holds, what is announced and what held before, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from eligibility.admin.audit_kinds import payer_value
from eligibility.admin.payer_form import PayerForm
from eligibility.models import Payer, RulesVersion
from eligibility.models.rules_version import RULES, rules_in
from portal.admin_site import badge, display
from portal.moments import at
from portal.people import names_of

SHOWN_PAST = 5


class PayerVersions:
    """Mixed into the payers' admin: fields that are read only, two queries for all of them."""

    @display(description="In force")
    def shown_since(self, payer: Payer) -> SafeString:
        """Since when the rules above hold."""
        since = at(payer.rules_from, timezone.get_current_timezone())
        return format_html("{} since {}", badge("Holds now", "check_circle", "green"), since)

    @display(description="Announced")
    def shown_announced(self, payer: Payer) -> SafeString | str:
        """What will change, and when."""
        version = announced_of(payer)
        if version is None:
            return "No change is announced"
        return format_html(
            "{} {}{}{}",
            _announced_badge(version),
            words_of_begin(version),
            _list(difference_words(rules_in(payer), version.rules)),
            format_html("<p>{}</p>", version.note) if version.note else "",
        )

    @display(description="Before")
    def shown_before(self, payer: Payer) -> SafeString | str:
        """The newest changes: when, by whom, and what they changed."""
        past = list(payer.versions.past()[:SHOWN_PAST])
        if not past:
            return "Nothing has changed since the portal keeps track"
        names = names_of(version.noted_by for version in past)
        newer = [rules_in(payer), *(version.rules for version in past)]
        rows = (_past(old, after, names) for old, after in zip(past, newer, strict=False))
        return format_html_join("", "<div>{}</div>", ((row,) for row in rows))

    @display(description="Next change", ordering="announced_from")
    def shown_next(self, payer: Any) -> SafeString | str:
        """In the list: when announced rules begin."""
        begins: datetime | None = payer.announced_from
        if begins is None:
            return "–"
        return badge(at(begins, timezone.get_current_timezone()), "event_upcoming", "blue")


def announced_of(payer: Payer) -> RulesVersion | None:
    """The change that is announced for this payer, with its announcer's name asked for later."""
    found: RulesVersion | None = payer.versions.announced().first()
    return found


def words_of_begin(version: RulesVersion) -> str:
    """ "from 1 Jan 2027, 00:00 (Asia/Dubai)"."""
    begins = at(version.effective_from, ZoneInfo(version.zone))
    return f"from {begins} ({version.zone})"


def difference_words(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Each rule that differs, before and after, in the words of the payer's form."""
    return [
        f"{_field(name)}: {_value(name, before[name])} → {_value(name, after[name])}"
        for name in RULES
        if before[name] != after[name]
    ]


def _announced_badge(version: RulesVersion) -> SafeString:
    """One that has begun stands in the payer's row as soon as a worker runs."""
    if version.effective_from <= timezone.now():
        return badge("Holds now", "check_circle", "green", title="The form follows by itself.")
    return badge("Announced", "event_upcoming", "blue")


def _past(version: RulesVersion, after: Mapping[str, Any], names: Mapping[str, str]) -> SafeString:
    ended = at(version.effective_until, timezone.get_current_timezone())
    who = names.get(version.noted_by)
    head = f"Changed {ended} by {who}" if who else f"Changed {ended}"
    return format_html("<p>{}</p>{}", head, _list(difference_words(version.rules, after)))


def _list(lines: list[str]) -> SafeString:
    items = format_html_join("", "<li>{}</li>", ((line,) for line in lines))
    return format_html('<ul class="ep-facts">{}</ul>', items)


def _field(name: str) -> str:
    return str(PayerForm.base_fields[name].label)


def _value(name: str, value: Any) -> str:
    if not value:
        return "nothing"
    return payer_value(name, value) or ", ".join(map(str, value))
