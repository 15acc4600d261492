"""Change a payer's rules for a day to come, take that back, and keep what held before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from eligibility.models import Payer, RulesVersion
from eligibility.models.rules_version import RULES, begin_of, rules_in
from eligibility.payer_rules import PayerRules
from portal import audit
from portal.audit import Actor
from portal.audit_values import difference
from portal.models import Verb

FURTHEST = timedelta(days=731)
"""How far ahead a change may be announced."""

BEGUN = "That day has begun already. To change the rules at once, save them on the payer's page."
TOO_FAR = "Choose a day within the next two years."
NO_CHANGE = "These are the rules that hold already."
OVERTAKEN = "Somebody else has announced or withdrawn a change meanwhile. Look at it first."


@dataclass(frozen=True, slots=True)
class Announced:
    """What became of an announcement: the version, or why there is none."""

    refused: str = ""
    version: RulesVersion | None = None


def keep_rules(*, payer: Payer, actor: str) -> datetime:
    """Keep the rules that this row has in hand as those that held until now.

    For whoever changes them at once, in the same transaction. Returns the moment, which is the
    payer's new `rules_from`.
    """
    now = timezone.now()
    RulesVersion.objects.keep_replaced([payer], until=now, actor=actor)
    return now


@transaction.atomic
def note_rules_changed(*, before: Payer, actor: str) -> None:
    """After a payer's rules were changed at once: keep what held before."""
    now = keep_rules(payer=before, actor=actor)
    Payer.objects.filter(pk=before.pk).update(rules_from=now)


@transaction.atomic
def announce_rules(
    *,
    payer_id: int,
    rules: Mapping[str, Any],
    day: date,
    zone: ZoneInfo,
    actor: Actor,
    note: str = "",
    replacing: int | None = None,
) -> Announced:
    """Let these rules hold from the first moment of `day` in `zone` on, for rows that come in.

    `rules` has every column of RULES and was judged as a registry file's is (`faults_of`). A
    payer has one announced change at a time: `replacing` is the one that this one takes the
    place of, as the caller saw it (None: there was none). Raises ValueError for rules that lack
    a column.
    """
    if set(rules) != set(RULES):
        raise ValueError("a version needs every rule")
    payer = Payer.objects.select_for_update().get(pk=payer_id)
    begins, now = begin_of(day, zone), timezone.now()
    known = RulesVersion.objects.announced().filter(payer=payer)
    refused = _why_not(payer, rules, begins - now)
    if not refused and known.values_list("pk", flat=True).first() != replacing:
        refused = OVERTAKEN
    if not refused and replacing is not None and not known.withdraw():
        refused = OVERTAKEN
    if refused:
        return Announced(refused)
    version = RulesVersion.objects.create(
        payer=payer,
        state=RulesVersion.State.ANNOUNCED,
        rules=dict(rules),
        effective_from=begins,
        zone=str(zone),
        note=note,
        noted_by=actor.id,
    )
    audit.record(
        verb=Verb.ANNOUNCED,
        actor=actor,
        obj=payer,
        changes=difference(rules_in(payer), rules),
        details={"holds_from": day.isoformat(), "zone": str(zone), "note": note},
    )
    return Announced(version=version)


@transaction.atomic
def withdraw_rules(*, version_id: int, actor: Actor) -> bool:
    """Take an announced change back. False when its day has begun, or somebody was quicker."""
    versions = RulesVersion.objects.filter(pk=version_id)
    if not versions.withdraw():
        return False
    version = versions.select_related("payer").get()
    audit.record(
        verb=Verb.WITHDRAWN,
        actor=actor,
        obj=version.payer,
        details={"holds_from": version.day.isoformat(), "zone": version.zone},
    )
    return True


@dataclass(frozen=True, slots=True)
class Announcements:
    """What a registry file came to when it was announced: codes of payers, by what became of them.

    `unknown` are payers that the registry lacks, `refused` those with a reason each.
    """

    announced: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


@transaction.atomic
def announce_payers(
    *,
    payers: Iterable[PayerRules],
    day: date,
    zone: ZoneInfo,
    actor: Actor,
    note: str = "",
    dry_run: bool = False,
) -> Announcements:
    """Announce what these payers' rules will be; names and other names stay as they are.

    A payer whose rules are these already, or are announced so for that day, is left alone: a
    second run changes nothing. `dry_run` says the same and announces nothing.
    """
    told = Announcements()
    known = {payer.code: payer for payer in Payer.objects.order_by("code")}
    coming = {each.payer_id: each for each in RulesVersion.objects.announced()}
    for wanted in payers:
        payer = known.get(wanted.code)
        if payer is None:
            told.unknown.append(wanted.code)
            continue
        version, rules = coming.get(payer.pk), _rules_of(wanted)
        same = version is not None and (version.rules, version.day) == (rules, day)
        if same or (version is None and rules == rules_in(payer)):
            told.unchanged.append(payer.code)
            continue
        done = announce_rules(
            payer_id=payer.pk,
            rules=rules,
            day=day,
            zone=zone,
            actor=actor,
            note=note,
            replacing=None if version is None else version.pk,
        )
        if done.version is None:
            told.refused[payer.code] = done.refused
        else:
            told.announced.append(payer.code)
    if dry_run:
        transaction.set_rollback(True)
    return told


def _rules_of(wanted: PayerRules) -> dict[str, Any]:
    written = {"members": [], **wanted.as_json()}
    return {name: written[name] for name in RULES}


def _why_not(payer: Payer, rules: Mapping[str, Any], ahead: timedelta) -> str:
    if ahead <= timedelta(0):
        return BEGUN
    if ahead > FURTHEST:
        return TOO_FAR
    return NO_CHANGE if dict(rules) == rules_in(payer) else ""
