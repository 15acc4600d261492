"""Member and policy of an answer as pairs of words: what is not there is left out or not stated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eligibility.presentation.amounts import NOT_STATED
from eligibility.presentation.masks import Mask
from portal import moments

Stored = Mapping[str, Any]
Pairs = list[tuple[str, str]]

_IDENTIFIERS = {
    "emirates_id": "Emirates ID",
    "member_id": "Member ID",
    "regulator_member_id": "Regulator's member ID",
    "card": "Card",
    "policy": "Policy number",
    "phone": "Phone",
}


def member_pairs(member: Stored, mask: Mask) -> Pairs:
    """Whom the payer found, identifiers masked."""
    born = moments.read_day(member.get("dob"))
    pairs = [
        ("Name", str(member.get("name") or "")),
        ("Date of birth", moments.day(born) if born else ""),
        ("Gender", str(member.get("gender") or "").capitalize()),
        ("Relationship", str(member.get("relationship") or "").capitalize()),
    ]
    pairs += [
        (label, mask.text(str(member.get(name) or ""))) for name, label in _IDENTIFIERS.items()
    ]
    return [pair for pair in pairs if pair[1]]


def policy_pairs(policy: Stored) -> Pairs:
    """The contract. Whether it has a gatekeeper is said even when the payer did not."""
    start, end = moments.read_day(policy.get("start")), moments.read_day(policy.get("end"))
    ends = moments.day(end) if end and not policy.get("end_is_placeholder") else NOT_STATED
    pairs = [
        ("Plan", str(policy.get("plan") or "")),
        ("Package", str(policy.get("package") or "")),
        ("Sponsor", str(policy.get("sponsor") or "")),
        ("Authority", str(policy.get("authority") or "")),
        ("Begins", moments.day(start) if start else NOT_STATED),
        ("Ends", ends),
        ("VIP", yes_no(policy.get("is_vip"))),
        ("Gatekeeper", yes_no(policy.get("is_gatekeeper"))),
        ("Waiting period", str(policy.get("waiting_period") or "")),
    ]
    return [pair for pair in pairs if pair[1]]


def yes_no(value: object) -> str:
    """A yes, a no, or neither."""
    if value is True:
        return "Yes"
    return "No" if value is False else NOT_STATED
