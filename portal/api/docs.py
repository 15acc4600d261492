"""The API's own pages: Swagger UI from local files, behind a policy without inline scripts."""

from __future__ import annotations

from drf_spectacular.views import SpectacularSwaggerSplitView


class SwaggerView(SpectacularSwaggerSplitView):
    """Swagger UI at /api/docs/; its start-up script is a request of its own (`?script=`).

    The templates are ours: no inline script or style, no other host, and the key that somebody
    types into the page stays in the page.
    """

    template_name = "portal/swagger.html"
    template_name_js = "portal/swagger.js"
