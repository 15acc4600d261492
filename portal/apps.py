"""The platform app: people, teams, keys, submissions, and the API's ground rules."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Both product apps stand on this one; it imports neither."""

    name = "portal"
    verbose_name = "Portal"

    def ready(self) -> None:
        """Load the system checks."""
        from portal import checks  # noqa: F401
