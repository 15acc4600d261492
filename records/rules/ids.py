"""`integration.unknown`: the integration that a row names is one of the team's."""

from __future__ import annotations

from records.rules.base import Facts
from records.rules.findings import Findings


def judge_integration(integration_id: str | None, found: Findings, facts: Facts) -> None:
    """An integration that the team does not have. A record without one is in order."""
    if integration_id is None or facts.integrations is None:
        return
    if integration_id not in facts.integrations:
        message = "The team has no integration with this id."
        found.add("/integrationId", "integration.unknown", message, integration_id)
