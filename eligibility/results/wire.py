"""The `data` object of a result as integrators read it (api-contract.md, "A result").

It works on the stored form of an answer without building the model again, since one request
may ask for 10,000 results; a key that an older answer lacks reads as unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from eligibility.choices import Outcome
from eligibility.results.answer import Answer

Stored = Mapping[str, Any]
_NOTHING: Stored = {}
_IS_ELIGIBLE: dict[str, bool] = {Outcome.ELIGIBLE.value: True, Outcome.NOT_ELIGIBLE.value: False}
_IDENTIFIERS = ("emirates_id", "member_id", "regulator_member_id", "card", "policy")


def wire_data(
    answer: Stored | Answer | None,
    *,
    outcome: str,
    task_id: str,
    payer_code: str,
    payer_name: str,
    screenshot_key: str | None = None,
    failure_reason: str | None = None,
    was_identified_by_aggregator: bool = False,
    document_url: Callable[[Stored], str | None] | None = None,
) -> dict[str, Any]:
    """The documented `data` object: every key always there, null or [] when unknown.

    `answer` is an Answer, its stored JSON form, or None when there is none (a failure; then
    `outcome` is ""). The payer is the one that the answer names, else `payer_code` and
    `payer_name`. `document_url` gives the short-lived address of one stored document.
    """
    stored = answer.model_dump(mode="json") if isinstance(answer, Answer) else answer or _NOTHING
    return {
        "payer_id": stored.get("payer_code") or payer_code,
        "is_eligible": _IS_ELIGIBLE.get(outcome),
        "job_task_id": task_id,
        "patient_info": _patient_info(stored.get("member") or _NOTHING),
        "policy_network": _policy_network(stored, payer_name),
        "copay_analysis": _copay_analysis(stored),
        "copay_details_to_fill": _copays_to_fill(stored.get("benefits") or ()),
        "referral_documents": [
            _document(document, document_url) for document in stored.get("documents") or ()
        ],
        "failure_reason": failure_reason,
        "screenshot_key": screenshot_key,
        "was_identified_by_aggregator": was_identified_by_aggregator,
    }


def _patient_info(member: Stored) -> dict[str, Any]:
    """Who the payer found; `patient_id_info` holds the numbers that it gave, and only those."""
    return {
        "patient_id_info": {key: member[key] for key in _IDENTIFIERS if member.get(key)},
        "policy_holder_name": member.get("name"),
        "patient_emirates_id": member.get("emirates_id"),
        "policy_holder_dob": member.get("dob"),
        "policy_primary_member_id": member.get("member_id") or member.get("card"),
        "policy_holder_gender": member.get("gender"),
        "policy_holder_relationship": member.get("relationship"),
        "policy_holder_phone": member.get("phone"),
    }


def _policy_network(stored: Stored, payer_name: str) -> dict[str, Any]:
    """The policy and its networks. An end that is only a placeholder is not told as a date."""
    policy: Stored = stored.get("policy") or _NOTHING
    return {
        "payer_name": stored.get("payer_name") or payer_name,
        "policy_plan_name": policy.get("plan"),
        "package_name": policy.get("package"),
        "policy_authority": policy.get("authority"),
        "start_date": policy.get("start"),
        "valid_upto": None if policy.get("end_is_placeholder") else policy.get("end"),
        "is_vip": policy.get("is_vip"),
        "is_gatekeeper": policy.get("is_gatekeeper"),
        "all_networks": [
            {
                "network": network["name"],
                "visit_type": network.get("applies_to"),
                "network_value": network.get("code"),
            }
            for network in stored.get("networks") or ()
        ],
    }


def _copay_analysis(stored: Stored) -> dict[str, Any]:
    """What the patient pays, benefit by benefit, with the payer's remarks."""
    policy: Stored = stored.get("policy") or _NOTHING
    return {
        "copay_details": [_copay_detail(benefit) for benefit in stored.get("benefits") or ()],
        "waiting_period": policy.get("waiting_period"),
        "special_remarks": list(stored.get("remarks") or ()),
    }


def _copay_detail(benefit: Stored) -> dict[str, Any]:
    """One benefit. Cap and deductible stay apart; prose stays beside the numbers."""
    return {
        "service": benefit["service"],
        "service_name": benefit.get("service_raw"),
        "visit_type": benefit.get("setting"),
        "network": benefit.get("network_tier"),
        "coverage": benefit.get("coverage", "unknown"),
        "copay": benefit.get("copay_amount"),
        "copay_percent": benefit.get("copay_percent"),
        "copay_text": benefit.get("copay_text"),
        "coinsurance_percent": benefit.get("coinsurance_percent"),
        "copay_cap": benefit.get("copay_cap_amount"),
        "copay_cap_scope": benefit.get("copay_cap_scope"),
        "deductible": benefit.get("deductible_amount"),
        "deductible_scope": benefit.get("deductible_scope"),
        "currency": benefit.get("currency"),
        "limit": benefit.get("limit_amount"),
        "limit_scope": benefit.get("limit_scope"),
        "limit_text": benefit.get("limit_text"),
        "pre_approval": benefit.get("pre_approval", "unknown"),
        "pre_approval_threshold": benefit.get("pre_approval_threshold"),
        "referral": benefit.get("referral", "unknown"),
        "citation": benefit.get("citation"),
    }


def _copays_to_fill(benefits: Any) -> list[dict[str, Any]]:
    """The copays as a clinic's system types them in, grouped by network and setting.

    Two benefits that would share one cell get a group each: neither overwrites the other.
    """
    groups: list[dict[str, Any]] = []
    for benefit in benefits:
        name = _group_name(benefit)
        service = _service_key(benefit)
        values = next(
            (
                group["values_to_fill"]
                for group in groups
                if group["name"] == name and service not in group["values_to_fill"]
            ),
            None,
        )
        if values is None:
            values = {}
            groups.append({"name": name, "values_to_fill": values})
        values[service] = {
            "copay": _copay_text(benefit),
            "deductible": benefit.get("deductible_amount"),
        }
    return groups


def _group_name(benefit: Stored) -> str | None:
    """Network and setting in one line, or None when the payer named neither."""
    parts = (benefit.get("network_tier"), benefit.get("setting"))
    return " - ".join(part for part in parts if part) or None


def _service_key(benefit: Stored) -> str:
    """The service in capitals; one of the unlisted ones goes by the payer's own name."""
    raw = benefit.get("service_raw")
    name: str = raw if raw and benefit["service"] == "other" else benefit["service"]
    return name.upper()


def _copay_text(benefit: Stored) -> str | None:
    """The copay as one text: the payer's prose if there is any, else "50.00", "20%" or both."""
    if text := benefit.get("copay_text"):
        return str(text)
    amount, percent = benefit.get("copay_amount"), benefit.get("copay_percent")
    parts = [part for part in (amount, percent and f"{percent}%") if part]
    return " and ".join(parts) or None


def _document(
    document: Stored, document_url: Callable[[Stored], str | None] | None
) -> dict[str, Any]:
    """One document under the contract's names; its address only when we have a copy."""
    return {
        "id": document.get("sha256") or document.get("file"),
        "tag": document.get("kind"),
        "s3_url": document_url(document) if document_url else None,
    }
