"""The platform app: people, teams, keys, submissions, and the API's ground rules."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Both product apps stand on this one; it imports neither."""

    name = "portal"
    verbose_name = "Portal"

    def ready(self) -> None:
        """Load the system checks, and say what monitors are told of webhooks."""
        from portal import checks, metrics  # noqa: F401
        from portal.webhooks.metrics import WebhookCollector

        metrics.register(WebhookCollector())
