"""Every address of the portal. The apps are included by name: the platform imports neither."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView

from portal import metrics, probes
from portal.api.docs import SwaggerView

_home = RedirectView.as_view(pattern_name="admin:index")

urlpatterns = [
    path("", _home),
    path("admin", _home),
    path("admin/", admin.site.urls),
    path("v2/api-integration/", include("portal.webhooks.api.urls")),
    path("v2/", include("eligibility.urls")),
    path("integrations/v2/", include("records.urls")),
    path("healthz", probes.alive, name="healthz"),
    path("readyz", probes.ready, name="readyz"),
    path("metrics", metrics.scrape, name="metrics"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SwaggerView.as_view(), name="docs"),
    path("api/", include("eligibility.start.urls")),
]

handler403 = "portal.admin_pages.refused"
handler404 = "portal.plain_pages.not_found"
handler500 = "portal.plain_pages.server_error"
