"""The front-desk card: what the desk needs of an answer, in one look (domain.md, section 3).

Outcome, valid on the day?, network, what the patient pays for the asked visit, pre-approval, the
age of the answer, at most two warnings. What the payer left open is "not stated", never a no.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from eligibility.choices import Outcome
from eligibility.presentation.amounts import NOT_STATED
from eligibility.presentation.benefits import patient_pays, pre_approval_of
from eligibility.presentation.codes import visit_name
from eligibility.presentation.doubts import doubts
from eligibility.presentation.failures import OUTCOMES
from eligibility.presentation.standing import for_one
from eligibility.presentation.visits import benefits_for, service_name
from portal import moments
from portal.badges import Colour

Stored = Mapping[str, Any]
_NOTHING: Stored = {}
_MOST_WARNINGS = 2
_MOST_PARTS = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """The question, as far as the card is about it.

    `doubts` are the row's own warnings, with codes of payers whose names `payers` holds;
    `corrected` says that it was changed after the answer, `contradicted` that the payer said no
    after the yes that prevails.
    """

    payer: str
    visit_type: str = ""
    service_date: date | None = None
    name: str = ""
    dob: date | None = None
    doubts: Sequence[str] = ()
    corrected: bool = False
    contradicted: bool = False
    payers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Given:
    """The answer as stored. `day` is the day of the answer in the clinic's zone; `reused` says
    that another row's answer stands for this one, which was never asked."""

    outcome: str
    answer: Stored
    at: datetime
    day: date
    synthetic: bool = False
    reused: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the card: each value with what it is about, which may be empty."""

    label: str
    values: tuple[tuple[str, str], ...]
    stated: bool = True


@dataclass(frozen=True, slots=True)
class Card:
    """The card. `valid` is True, False, or None when the payer did not say."""

    title: str
    icon: str
    colour: Colour
    sentence: str
    advice: str
    valid: bool | None
    age: str
    synthetic: bool
    payer: str
    reused: bool = False
    lines: tuple[Line, ...] = ()
    remarks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = field(default=())


LOOKS: dict[str, tuple[str, Colour]] = {
    Outcome.ELIGIBLE: ("check_circle", "green"),
    Outcome.NOT_ELIGIBLE: ("cancel", "red"),
    Outcome.MEMBER_NOT_FOUND: ("person_search", "amber"),
    Outcome.AMBIGUOUS_MEMBER: ("group", "amber"),
    Outcome.UNDETERMINED: ("help", "violet"),
    Outcome.PARTIAL: ("rule", "violet"),
}
"""(icon, colour) of every outcome, on the card and on every badge."""

_SENTENCES: dict[str, str] = {
    Outcome.ELIGIBLE: "{payer} covers this patient.",
    Outcome.NOT_ELIGIBLE: "{payer} does not cover this patient for this visit.",
    Outcome.MEMBER_NOT_FOUND: "{payer} knows nobody with this number.",
    Outcome.AMBIGUOUS_MEMBER: "{payer} knows several members with this number.",
    Outcome.UNDETERMINED: "{payer} could not say. This is not a no.",
    Outcome.PARTIAL: "Nobody said yes, and some payers did not answer. This is not a no.",
}


def front_desk_card(asked: Asked, given: Given, *, now: datetime) -> Card:
    """The card of an answer."""
    outcome = Outcome(given.outcome)
    icon, colour = LOOKS[outcome]
    answer = given.answer
    day = asked.service_date or given.day
    valid = is_valid_on(day, answer.get("policy") or _NOTHING)
    contradicted = asked.contradicted or (outcome is Outcome.ELIGIBLE and valid is False)
    explained = OUTCOMES.get(outcome)
    payer = str(answer.get("payer_name") or asked.payer)
    return Card(
        title=str(outcome.label),
        icon="warning" if contradicted else icon,
        colour="amber" if contradicted else colour,
        sentence=sentence_of(outcome, payer),
        advice=for_one(explained.advice) if explained else "",
        valid=valid,
        age=moments.age(given.at, now),
        synthetic=given.synthetic,
        payer=payer,
        reused=given.reused,
        lines=tuple(_lines(asked, answer, outcome, day)),
        remarks=tuple(str(remark) for remark in answer.get("remarks") or ()),
        warnings=tuple(doubts(asked, given, day=day, valid=valid, now=now)[:_MOST_WARNINGS]),
    )


def sentence_of(outcome: str, payer: str) -> str:
    """What the payer's answer comes to, in one sentence."""
    return _SENTENCES[outcome].format(payer=payer)


def is_valid_on(day: date, policy: Stored) -> bool | None:
    """Whether the policy holds on a day; None when its dates do not tell.

    An end that only stands for "no end known" tells nothing, a start alone not enough.
    """
    start, end = moments.read_day(policy.get("start")), moments.read_day(policy.get("end"))
    if start and day < start:
        return False
    if end is None or policy.get("end_is_placeholder"):
        return None
    return day <= end


def _lines(asked: Asked, answer: Stored, outcome: Outcome, day: date) -> list[Line]:
    """The lines that this outcome has; of somebody the payer does not know there are none."""
    policy = answer.get("policy") or _NOTHING
    known = any(value not in (None, "", False) for value in policy.values())
    if outcome not in (Outcome.ELIGIBLE, Outcome.NOT_ELIGIBLE) and not known:
        return []
    lines = [_validity(day, policy, asked.service_date is not None)]
    if outcome is Outcome.NOT_ELIGIBLE:
        return lines
    benefits = answer.get("benefits") or ()
    wanted = benefits_for(asked.visit_type, benefits)
    return [
        *lines,
        _network(answer, asked.visit_type),
        _payment(asked.visit_type, wanted),
        _pre_approval(wanted, benefits),
    ]


def _validity(day: date, policy: Stored, is_visit: bool) -> Line:
    label = f"Valid on {moments.day(day)}" if is_visit else f"Valid today, {moments.day(day)}"
    start, end = moments.read_day(policy.get("start")), moments.read_day(policy.get("end"))
    valid = is_valid_on(day, policy)
    if valid is None:
        return Line(label, (("", NOT_STATED),), stated=False)
    if valid:
        assert end is not None
        return Line(label, (("", f"Yes, until {moments.day(end)}"),))
    if start and day < start:
        return Line(label, (("", f"No, it begins on {moments.day(start)}"),))
    assert end is not None
    return Line(label, (("", f"No, it ended on {moments.day(end)}"),))


def _network(answer: Stored, visit_type: str) -> Line:
    """The networks for this kind of visit; all of them when none is for it."""
    networks = answer.get("networks") or ()
    fitting = [each for each in networks if str(each.get("applies_to") or "").upper() == visit_type]
    values = tuple(("", _network_name(each)) for each in fitting or networks)
    return Line("Network", values or (("", NOT_STATED),), stated=bool(values))


def _network_name(network: Stored) -> str:
    name, code, status = network["name"], network.get("code"), network.get("status")
    text = f"{name} ({code})" if code and code != name else str(name)
    return text if not status or status == "active" else f"{text}, {status}"


def _payment(visit_type: str, wanted: Sequence[Stored]) -> Line:
    label = f"Patient pays ({visit_name(visit_type)})" if visit_type else "Patient pays"
    if not wanted:
        return Line(label, (("", NOT_STATED),), stated=False)
    values = tuple(
        (_about(benefit, wanted), part)
        for benefit in wanted[:_MOST_PARTS]
        for part in patient_pays(benefit)
    )
    return Line(label, values, stated=any(part != NOT_STATED for _, part in values))


def _about(benefit: Stored, wanted: Sequence[Stored]) -> str:
    """What tells this benefit from the others: its network where they differ in it."""
    tiers = {each.get("network_tier") for each in wanted}
    tier = benefit.get("network_tier") if len(tiers) > 1 else None
    return " · ".join(str(part) for part in (service_name(benefit), tier) if part)


def _pre_approval(wanted: Sequence[Stored], benefits: Sequence[Stored]) -> Line:
    """Of the asked visit, then of whatever else needs one."""
    others = [each for each in benefits if each not in wanted and _may_need_approval(each)]
    shown = [each for each in (*wanted, *others) if pre_approval_of(each) != NOT_STATED]
    values = tuple((service_name(each), pre_approval_of(each)) for each in shown[:_MOST_PARTS])
    return Line("Pre-approval", values or (("", NOT_STATED),), stated=bool(values))


def _may_need_approval(benefit: Stored) -> bool:
    return benefit.get("pre_approval") in ("yes", "conditional")
