"""What changed between two answers to the same question, in short plain sentences. Pure.

Only what matters at the desk and to the bill: the answer itself, who it is about, the policy,
the networks, and what the asked visit costs. Numbers of cards and policies are never written
out. What one of the two answers leaves open is said to be not stated, never taken for a no.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eligibility.choices import Outcome
from eligibility.presentation.amounts import NOT_STATED
from eligibility.presentation.benefits import patient_pays, pre_approval_of
from eligibility.presentation.people import yes_no
from eligibility.presentation.visits import benefits_for, service_name
from portal import moments

Stored = Mapping[str, Any]
_NOTHING: Stored = {}

MOST_SHOWN = 8
"""More differences than this are two different answers: the rest is only counted."""

_PLAN = {
    "plan": "Plan",
    "package": "Package",
    "sponsor": "Sponsor",
    "authority": "Authority",
    "waiting_period": "Waiting period",
}
_UNNAMED = {"policy": "The policy number", "card": "The card number", "member_id": "The member ID"}


def changes(
    before: Stored, after: Stored, *, outcomes: tuple[str, str], visit_type: str
) -> list[str]:
    """The differences, the gravest first; empty when both say the same.

    `before` and `after` are stored answers, `outcomes` what each came to.
    """
    found = [
        *_outcome(*outcomes),
        *_policy(before.get("policy") or _NOTHING, after.get("policy") or _NOTHING),
        *_member(before.get("member") or _NOTHING, after.get("member") or _NOTHING),
        *_networks(before.get("networks") or (), after.get("networks") or ()),
        *_benefits(before.get("benefits") or (), after.get("benefits") or (), visit_type),
    ]
    more = len(found) - MOST_SHOWN
    if more <= 0:
        return found
    rest = "1 more difference." if more == 1 else f"{more} more differences."
    return [*found[:MOST_SHOWN], rest]


def _outcome(before: str, after: str) -> Iterator[str]:
    if before != after:
        yield f"{Outcome(after).label}, was: {_low(str(Outcome(before).label))}."


def _policy(before: Stored, after: Stored) -> Iterator[str]:
    yield from _moved("Policy begins:", _day(before, "start"), _day(after, "start"))
    yield from _moved("Policy ends:", _end(before), _end(after))
    for key, word in _PLAN.items():
        yield from _moved(f"{word}:", str(before.get(key) or ""), str(after.get(key) or ""))
    for key, word in (("is_vip", "VIP:"), ("is_gatekeeper", "Gatekeeper:")):
        was, now = yes_no(before.get(key)), yes_no(after.get(key))
        if was != now:
            yield f"{word} {_low(now)}, was: {_low(was)}."


def _moved(what: str, was: str, now: str) -> Iterator[str]:
    """One thing that has another value; the payer may have said nothing of it before, or now."""
    if was != now:
        yield f"{what} {now or _low(NOT_STATED)}, was: {was or _low(NOT_STATED)}."


def _day(policy: Stored, key: str) -> str:
    day = moments.read_day(policy.get(key))
    return moments.day(day) if day else ""


def _end(policy: Stored) -> str:
    return "" if policy.get("end_is_placeholder") else _day(policy, "end")


def _member(before: Stored, after: Stored) -> Iterator[str]:
    """Another person behind the number matters most; numbers themselves are only called other."""
    was, now = str(before.get("name") or ""), str(after.get("name") or "")
    if was and now and was.casefold() != now.casefold():
        yield "The payer gives another name for this member."
    for key, word in _UNNAMED.items():
        if before.get(key) and after.get(key) and before[key] != after[key]:
            yield f"{word} is another one."


def _networks(before: Sequence[Stored], after: Sequence[Stored]) -> Iterator[str]:
    was, now = _names(before), _names(after)
    if new := [name for name in now if name not in was]:
        yield f"New network: {', '.join(new)}."
    if gone := [name for name in was if name not in now]:
        yield f"No longer in the network: {', '.join(gone)}."


def _names(networks: Sequence[Stored]) -> list[str]:
    """Each network once, with the kind of visit and the state that the payer gives it."""
    named = []
    for each in networks:
        extras = [_low(str(each[key])) for key in ("applies_to", "status") if each.get(key)]
        named.append(f"{each['name']} ({', '.join(extras)})" if extras else str(each["name"]))
    return list(dict.fromkeys(named))


def _benefits(before: Sequence[Stored], after: Sequence[Stored], visit_type: str) -> Iterator[str]:
    """What the asked visit costs, and above which sum it must be approved, benefit by benefit."""
    was, now = _by_place(before, visit_type), _by_place(after, visit_type)
    for place in {**now, **was}:
        yield from _one_benefit(place, was.get(place), now.get(place))


def _by_place(benefits: Sequence[Stored], visit_type: str) -> dict[str, Stored]:
    """The visit's benefits by what tells them apart; of two that nothing does, the first."""
    found: dict[str, Stored] = {}
    for each in benefits_for(visit_type, benefits):
        parts = (service_name(each), each.get("setting"), each.get("network_tier"))
        found.setdefault(" · ".join(str(part) for part in parts if part), each)
    return found


def _one_benefit(place: str, was: Stored | None, now: Stored | None) -> Iterator[str]:
    if now is None or was is None:
        yield f"{place}: {'no longer stated' if now is None else 'stated now, was not before'}."
        return
    old, new = "; ".join(patient_pays(was)), "; ".join(patient_pays(now))
    if old != new:
        yield f"{place}, patient pays: {new}; was: {old}."
    old, new = pre_approval_of(was), pre_approval_of(now)
    if old != new:
        yield f"{place}, pre-approval: {_low(new)}; was: {_low(old)}."


def _low(words: str) -> str:
    return f"{words[:1].lower()}{words[1:]}"
