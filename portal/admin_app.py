"""Django's admin app with the portal's own site; apart from `portal.apps`, which names one app."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class PortalAdminConfig(AdminConfig):
    """Makes `django.contrib.admin.site` a PortalAdminSite."""

    default_site = "portal.admin_site.PortalAdminSite"
