"""The platform app: people, teams, keys, submissions, and the API's ground rules."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class PortalConfig(AppConfig):
    """Both product apps stand on this one; it imports neither."""

    name = "portal"
    verbose_name = "Portal"

    def ready(self) -> None:
        """Load the system checks."""
        from portal import checks  # noqa: F401


class PortalAdminConfig(AdminConfig):
    """Django's admin with the portal's own site."""

    default_site = "portal.admin_site.PortalAdminSite"
