"""The benefits of an answer as rows of a table, the payer's own words beside ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eligibility.presentation.amounts import NOT_STATED, is_zero, scoped, share_of, sum_of
from eligibility.presentation.visits import service_name
from portal.badges import Badge

Stored = Mapping[str, Any]

COVERAGE: dict[str, Badge] = {
    "covered": Badge("Covered", "check_circle", "green"),
    "not_covered": Badge("Not covered", "cancel", "red"),
    "conditional": Badge("Under conditions", "rule", "amber"),
    "unknown": Badge("Not stated", "help", "violet"),
}

_NEED = {"yes": "Needed", "no": "Not needed", "conditional": "Under conditions"}


@dataclass(frozen=True, slots=True)
class BenefitRow:
    """One benefit. `pays` are the parts of what the patient pays, `words` the payer's own."""

    service: str
    where: str
    coverage: Badge
    pays: tuple[str, ...]
    limit: str
    pre_approval: str
    referral: str
    words: tuple[str, ...]


def benefit_row(benefit: Stored) -> BenefitRow:
    """A stored benefit in words."""
    where = (benefit.get("setting"), benefit.get("network_tier"))
    words = (benefit.get("service_raw"), benefit.get("citation"))
    return BenefitRow(
        service=service_name(benefit),
        where=" · ".join(str(part).capitalize() for part in where if part),
        coverage=COVERAGE.get(str(benefit.get("coverage")), COVERAGE["unknown"]),
        pays=tuple(patient_pays(benefit)),
        limit=limit_of(benefit),
        pre_approval=pre_approval_of(benefit),
        referral=_NEED.get(str(benefit.get("referral")), NOT_STATED),
        words=tuple(str(text) for text in words if text),
    )


def patient_pays(benefit: Stored) -> list[str]:
    """What the patient pays, part by part. A cap and a deductible are never put together."""
    if benefit.get("coverage") == "not_covered":
        return ["Not covered"]
    parts = [*_copay(benefit), *_beside_the_copay(benefit)]
    if parts:
        return parts
    if benefit.get("coverage") == "covered":
        return ["Covered; what the patient pays is not stated"]
    return [NOT_STATED]


def _copay(benefit: Stored) -> list[str]:
    """The copay in the payer's prose, or as sum and share, with its cap."""
    currency = benefit.get("currency")
    cap = scoped(sum_of(benefit.get("copay_cap_amount"), currency), benefit.get("copay_cap_scope"))
    parts = [f"“{benefit['copay_text']}”"] if benefit.get("copay_text") else []
    if amount := sum_of(benefit.get("copay_amount"), currency):
        parts.append(f"Nothing ({amount})" if is_zero(benefit["copay_amount"]) else amount)
    if share := share_of(benefit.get("copay_percent")):
        share = f"Nothing ({share})" if is_zero(benefit["copay_percent"]) else share
        parts.append(f"{share}, at most {cap}" if cap else share)
    elif cap:
        parts.append(f"At most {cap}")
    return parts


def _beside_the_copay(benefit: Stored) -> list[str]:
    parts = []
    if share := share_of(benefit.get("coinsurance_percent")):
        parts.append(f"Coinsurance {share}")
    deductible = sum_of(benefit.get("deductible_amount"), benefit.get("currency"))
    if deductible:
        parts.append(f"Deductible {scoped(deductible, benefit.get('deductible_scope'))}")
    return parts


def limit_of(benefit: Stored) -> str:
    """What the policy pays at most; empty when it says nothing of a limit."""
    amount = sum_of(benefit.get("limit_amount"), benefit.get("currency"))
    parts = (scoped(amount, benefit.get("limit_scope")), benefit.get("limit_text"))
    return "; ".join(str(part) for part in parts if part)


def pre_approval_of(benefit: Stored) -> str:
    """Whether the payer wants to be asked first, and above which sum."""
    need = str(benefit.get("pre_approval"))
    threshold = sum_of(benefit.get("pre_approval_threshold"), benefit.get("currency"))
    if need == "no":
        return "Not needed"
    if threshold:
        return f"Above {threshold}"
    return _NEED.get(need, NOT_STATED)
