"""The payers' sides of the protocols that our connectors speak: bodies for what a payer says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from eligibility.connectors.base import Connector, Secrets
from eligibility.connectors.http_json.presets import PRESETS
from eligibility.connectors.registry import get_connector

SENTINEL = "sentinel-secret-8d1f"


@dataclass(frozen=True)
class Dialect:
    """One connector with settings, and how its payer talks.

    `answer(reference, id_value, outcome)` and `later(reference, handle)` are bodies; `later` is
    None where the payer always answers at once. `first_is_handle` says that the first call is
    never the answer. `reference_of` finds our reference in a body that we sent.
    """

    name: str
    connector: Connector
    settings: Any
    answer: Callable[[str, str, str], dict[str, Any]]
    later: Callable[[str, str], dict[str, Any]] | None
    reference_of: Callable[[Mapping[str, Any]], str]
    first_is_handle: bool = False
    secrets: Secrets = field(default_factory=Secrets)

    def __str__(self) -> str:
        return self.name

    @property
    def calls(self) -> range:
        """The calls of one conversation that the payer answers at the first look."""
        return range(1, 3 if self.first_is_handle else 2)


def _synthetic() -> Dialect:
    connector = get_connector("synthetic")
    return Dialect(
        "synthetic",
        connector,
        connector.settings_class(),
        lambda reference, id_value, outcome: {
            "status": "done",
            "reference": reference,
            "id_value": id_value,
            "outcome": outcome,
            "answer": {"member": {"name": "Sample Person"}},
        },
        lambda reference, handle: {
            "status": "pending",
            "reference": reference,
            "handle": handle,
            "look_after": 1,
        },
        lambda body: str(body.get("reference")),
        secrets=Secrets({"token": SENTINEL}),
    )


def _synchronous(login: Mapping[str, Any]) -> Dialect:
    connector = get_connector("http_json")
    words = {"member_not_found": "not_found"}
    settings = {**PRESETS["synchronous"].settings, "login": login}
    return Dialect(
        f"synchronous JSON, {login['kind']}",
        connector,
        connector.settings_class.model_validate(settings),
        lambda reference, id_value, outcome: {
            "status": words.get(outcome, outcome),
            "reference": reference,
            "member": {"name": "Sample Person"},
        },
        None,
        lambda body: str(body.get("reference")),
        secrets=Secrets({"token": SENTINEL}),
    )


def _gateway() -> Dialect:
    connector = get_connector("http_json")
    words = {"eligible": "found"}

    def answer(reference: str, id_value: str, outcome: str) -> dict[str, Any]:
        data = {"patient_info": {"policy_holder_name": "Sample Person"}}
        dump = {"status": words.get(outcome, outcome), "data": data}
        return {
            "status": "PROCESS_COMPLETE",
            "request_dump": {"client_reference": reference, "id_value": id_value},
            "eligibility_result": {"data_dump": dump},
        }

    return Dialect(
        "gateway",
        connector,
        connector.settings_class.model_validate(PRESETS["gateway"].settings),
        answer,
        lambda reference, handle: {
            "data": {"tasks": [{"task_id": handle}]},
            "status": "IN_QUEUE",
            "request_dump": {"client_reference": reference},
            "eligibility_result": None,
        },
        lambda body: str(body["requests"][0]["client_reference"]),
        first_is_handle=True,
        secrets=Secrets({"api_key": SENTINEL}),
    )


DIALECTS = [
    _synthetic(),
    _synchronous({"kind": "bearer", "secret": "token"}),
    _synchronous({"kind": "basic", "secret": "token", "user": "clinic"}),
    _synchronous({"kind": "header", "secret": "token", "header": "X-Key"}),
    _gateway(),
]
