"""Made-up policies: plans, networks and what the patient pays under them.

Plausible for the first market and labelled SYNTHETIC; every amount names its currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from eligibility.synthetic.draw import Draw
from eligibility.synthetic.question import Question

LABEL: Final = "SYNTHETIC"
CURRENCY: Final = "AED"
_AUTHORITIES: Final = ("DHA", "DHA", "DOH", "MOHAP")
_SPONSORS: Final = ("Example Trading LLC", "Sample Logistics FZE", "Placeholder Hotels")
_USUAL: Final = (
    ("consultation", "GP and specialist consultation"),
    ("radiology", "Laboratory and radiology"),
    ("pharmacy", "Prescribed medicines"),
)
_SERVICE_OF_VISIT: Final = {
    "DENTAL": "dental",
    "DENTAL_SERVICES": "dental",
    "EMERGENCY": "emergency",
    "INPATIENT": "inpatient",
    "DAYCASE": "procedure",
    "DAYCARE": "procedure",
    "MATERNITY": "maternity",
    "OPTICAL": "optical",
    "PHYSIOTHERAPY": "physiotherapy",
    "PSYCHIATRY": "psychiatry",
    "REHABILITATION": "physiotherapy",
    "WELLNESS": "wellness",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """A kind of policy. `share` is the patient's part of a bill in percent, `cap` its most per
    visit, `deductible` a fixed sum per visit, `limit` what the policy pays a year, all in AED.
    """

    name: str
    package: str
    tiers: tuple[tuple[str, str], ...]
    share: int
    cap: int | None
    deductible: int | None
    limit: int
    threshold: int
    is_vip: bool
    is_gatekeeper: bool


_COMPREHENSIVE: Final = ("Comprehensive Network", "CN")
_GENERAL: Final = ("General Network", "GN")
_RESTRICTED: Final = ("Restricted Network", "RN")
_WORKERS: Final = ("Workers Network", "WN")

PLANS: Final = (
    Plan(
        "Platinum", "Cat A", (_COMPREHENSIVE, _GENERAL), 0, None, None, 500_000, 2000, True, False
    ),
    Plan("Gold", "Cat A", (_COMPREHENSIVE, _GENERAL), 10, 50, None, 300_000, 1000, False, False),
    Plan("Silver", "Cat B", (_GENERAL, _RESTRICTED), 20, 50, 25, 150_000, 1000, False, False),
    Plan("Bronze", "Cat C", (_RESTRICTED,), 20, None, 50, 150_000, 500, False, True),
    Plan("Essential", "Cat D", (_WORKERS,), 20, 25, None, 150_000, 500, False, True),
)


def policy(plan: Plan, question: Question, draw: Draw, *, ended: bool = False) -> dict[str, Any]:
    """The policy on the day asked about; with `ended` it ran out some days before."""
    day = question.day()
    if ended:
        end = day - timedelta(days=draw.below(90) + 1)
        start = end - timedelta(days=364)
    else:
        month = draw.below(12) + 1
        start = date(day.year if month <= day.month else day.year - 1, month, 1)
        end = start.replace(year=start.year + 1) - timedelta(days=1)
    return {
        "authority": draw.pick(_AUTHORITIES),
        "plan": f"{LABEL} {plan.name}",
        "package": plan.package,
        "sponsor": draw.pick(_SPONSORS),
        "start": start.isoformat(),
        "end": end.isoformat(),
        "end_is_placeholder": False,
        "is_vip": plan.is_vip,
        "is_gatekeeper": plan.is_gatekeeper,
        "waiting_period": "6 months for chronic conditions" if draw.below(10) == 0 else None,
    }


def networks(plan: Plan) -> list[dict[str, Any]]:
    """The plan's networks, the best one first."""
    return [
        {"name": name, "code": code, "applies_to": "OUTPATIENT", "status": "active"}
        for name, code in plan.tiers
    ]


def benefits(plan: Plan, question: Question, draw: Draw) -> list[dict[str, Any]]:
    """The usual outpatient services, and the one that the row asks about."""
    asked = _SERVICE_OF_VISIT.get(question.visit_type)
    found = [_benefit(service, raw, plan, draw) for service, raw in _USUAL]
    if asked:
        found.append(_asked_benefit(asked, plan, draw))
    return found


def _benefit(service: str, raw: str, plan: Plan, draw: Draw) -> dict[str, Any]:
    """What one outpatient service costs the patient: a share with its cap, or a fixed sum."""
    benefit: dict[str, Any] = {
        "service": service,
        "service_raw": raw,
        "setting": "outpatient",
        "network_tier": plan.tiers[0][0],
        "coverage": "covered",
        "copay_percent": str(plan.share),
        "currency": CURRENCY,
        "referral": "yes" if plan.is_gatekeeper and service != "consultation" else "no",
    }
    if plan.cap is not None:
        benefit |= {"copay_cap_amount": f"{plan.cap}.00", "copay_cap_scope": "visit"}
    if plan.deductible is not None and service == "consultation":
        benefit |= {"deductible_amount": f"{plan.deductible}.00", "deductible_scope": "visit"}
    if service == "radiology":
        benefit |= {"pre_approval": "conditional", "pre_approval_threshold": f"{plan.threshold}.00"}
    if service == "pharmacy" and draw.below(4) == 0:
        del benefit["copay_percent"]
        benefit["copay_text"] = "As agreed with the dispensing pharmacy"
    return benefit


def _asked_benefit(service: str, plan: Plan, draw: Draw) -> dict[str, Any]:
    """The service behind the row's visit type, which not every plan covers."""
    benefit: dict[str, Any] = {
        "service": service,
        "setting": "inpatient" if service in ("inpatient", "procedure") else "outpatient",
        "network_tier": plan.tiers[0][0],
    }
    if service in ("dental", "optical", "wellness") and draw.below(3) == 0:
        return benefit | {"coverage": "not_covered", "citation": "Not part of the plan."}
    return benefit | {
        "coverage": "covered",
        "copay_amount": f"{draw.pick((0, 25, 50, 100))}.00",
        "currency": CURRENCY,
        "limit_amount": f"{plan.limit if service == 'inpatient' else 5000}.00",
        "limit_scope": "year",
        "pre_approval": "no" if service == "emergency" else "yes",
    }
