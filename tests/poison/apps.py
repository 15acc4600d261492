"""Make the connector known to the processes that run with these settings."""

from __future__ import annotations

from django.apps import AppConfig


class PoisonConfig(AppConfig):
    """An application of tests: it only registers its connector."""

    name = "tests.poison"

    def ready(self) -> None:
        """Register the connector."""
        from eligibility.connectors import registry
        from tests.poison.connector import PoisonConnector

        registry.CONNECTORS[PoisonConnector.name] = PoisonConnector()
