"""Settings to begin with: a payer that answers at once, and one that is asked again."""

from __future__ import annotations

from typing import Any, Final

from eligibility.choices import Failure
from eligibility.connectors.base import Preset

_SYNCHRONOUS: Final[dict[str, Any]] = {
    "login": {"kind": "bearer", "secret": "token"},
    "submit": {
        "method": "POST",
        "path": "/eligibility",
        "body": {
            "reference": "{reference}",
            "id_type": "{id_type}",
            "id_value": "{id_value}",
            "visit_type": "{visit_type}",
            "service_date": "{service_date}",
            "name": "{name}",
            "dob": "{dob}",
        },
    },
    "reading": {
        "outcome": "status",
        "outcomes": {
            "eligible": "eligible",
            "not_eligible": "not_eligible",
            "not_found": "member_not_found",
        },
        "error": "error.code",
        "echo": "reference",
        "echo_of": "reference",
    },
    "answer": {
        "payer_name": "payer.name",
        "name": "member.name",
        "dob": "member.dob",
        "member_id": "member.id",
        "plan": "policy.plan",
        "start": "policy.start",
        "end": "policy.end",
        "networks": "networks[].{name: name, code: code}",
        "benefits": "benefits[].{service: service, coverage: coverage, copay_amount: "
        "copay.amount, copay_percent: copay.percent, currency: currency}",
        "remarks": "remarks",
    },
}

_DATA: Final = "eligibility_result.data_dump.data"
_PERSON: Final = f"{_DATA}.patient_info"
_NUMBERS: Final = f"{_PERSON}.patient_id_info"
_POLICY: Final = f"{_DATA}.policy_network"
_COPAYS: Final = f"{_DATA}.copay_analysis"

_BENEFIT_FIELDS: Final[dict[str, str]] = {
    "service": "service",
    "service_raw": "service_name",
    "setting": "visit_type",
    "network_tier": "network",
    "coverage": "coverage",
    "copay_amount": "copay",
    "copay_percent": "copay_percent",
    "copay_text": "copay_text",
    "coinsurance_percent": "coinsurance_percent",
    "copay_cap_amount": "copay_cap",
    "copay_cap_scope": "copay_cap_scope",
    "deductible_amount": "deductible",
    "deductible_scope": "deductible_scope",
    "currency": "currency",
    "limit_amount": "limit",
    "limit_scope": "limit_scope",
    "limit_text": "limit_text",
    "pre_approval": "pre_approval",
    "pre_approval_threshold": "pre_approval_threshold",
    "referral": "referral",
    "citation": "citation",
}


def _error_name(failure: Failure) -> str:
    """A failure as our own contract writes it: PayerUnavailableError."""
    return "".join(part.capitalize() for part in failure.value.split("_")) + "Error"


_GATEWAY: Final[dict[str, Any]] = {
    "login": {"kind": "bearer", "secret": "api_key"},
    "submit": {
        "method": "POST",
        "path": "/v2/api-integration/bulk/create-tasks",
        "body": {
            "requests": [
                {
                    "client_reference": "{reference}",
                    "tpa_name": "{payer}",
                    "id_type": "{id_type}",
                    "id_value": "{id_value}",
                    "visit_type": "{visit_type}",
                    "service_date": "{service_date}",
                    "name": "{name}",
                    "dob": "{dob}",
                    "phone": "{phone}",
                    "doctorName": "{doctor_name}",
                    "payerName": "{payer_name}",
                    "extra_args": "{extra_args}",
                }
            ]
        },
    },
    "poll": {"method": "GET", "path": "/v2/api-integration/eligibility-result/{handle}"},
    "repeat_is_safe": True,
    "probe": {
        "method": "POST",
        "path": "/v2/api-integration/bulk/get-results",
        "body": {"task_ids": ["probe"]},
    },
    "reading": {
        "handle": "data.tasks[0].task_id",
        "look_after_seconds": 2.0,
        "outcome": "eligibility_result.data_dump.status || status",
        "outcomes": {
            "found": "eligible",
            "not_eligible": "not_eligible",
            "member_not_found": "member_not_found",
            "multiple_beneficiaries": "ambiguous_member",
            "undetermined": "undetermined",
            "pending": "later",
            "IN_QUEUE": "later",
            "NAVIGATING_WEBSITE": "later",
            "EXTRACTING_DATA": "later",
            "cancelled": "payer_unavailable; The question was cancelled at the other portal.",
        },
        "error": "eligibility_result.data_dump.error_type",
        "errors": {
            "MemberNotFoundError": "member_not_found",
            "MultipleBeneficiariesError": "ambiguous_member",
            **{
                _error_name(failure): failure.value
                for failure in Failure
                if failure not in (Failure.INTERNAL, Failure.CREDENTIALS)
            },
            # Its login, not ours: our lane's credential must not be locked for it.
            "CredentialsError": "payer_unavailable; The other portal cannot log in to the payer.",
            "InternalError": "payer_unavailable; The other portal failed on this question.",
        },
        "statuses": {"400": "input_invalid; The other portal did not accept this row's details."},
        "echo": "request_dump.client_reference",
        "echo_of": "reference",
    },
    "answer": {
        "payer_name": f"{_POLICY}.payer_name",
        "name": f"{_PERSON}.policy_holder_name",
        "dob": f"{_PERSON}.policy_holder_dob",
        "gender": f"{_PERSON}.policy_holder_gender",
        "relationship": f"{_PERSON}.policy_holder_relationship",
        "phone": f"{_PERSON}.policy_holder_phone",
        "emirates_id": f"{_PERSON}.patient_emirates_id",
        "member_id": f"{_NUMBERS}.member_id",
        "regulator_member_id": f"{_NUMBERS}.regulator_member_id",
        "card": f"{_NUMBERS}.card",
        "policy": f"{_NUMBERS}.policy",
        "authority": f"{_POLICY}.policy_authority",
        "plan": f"{_POLICY}.policy_plan_name",
        "package": f"{_POLICY}.package_name",
        "start": f"{_POLICY}.start_date",
        "end": f"{_POLICY}.valid_upto",
        "is_vip": f"{_POLICY}.is_vip",
        "is_gatekeeper": f"{_POLICY}.is_gatekeeper",
        "waiting_period": f"{_COPAYS}.waiting_period",
        "networks": f"{_POLICY}.all_networks[]"
        ".{name: network, applies_to: visit_type, code: network_value}",
        "benefits": f"{_COPAYS}.copay_details[].{{"
        + ", ".join(f"{ours}: {theirs}" for ours, theirs in _BENEFIT_FIELDS.items())
        + "}",
        "remarks": f"{_COPAYS}.special_remarks",
    },
}

PRESETS: Final[dict[str, Preset]] = {
    "synchronous": Preset(
        "Synchronous JSON",
        "The payer answers in the same call. Change path, body and expressions to its own.",
        _SYNCHRONOUS,
    ),
    "gateway": Preset(
        "Task-and-poll gateway",
        "Another portal like this one: it takes the question, and is asked again for the answer. "
        "Works as it is; type in its address and your API key there.",
        _GATEWAY,
    ),
}
