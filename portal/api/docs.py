"""The API's own pages: the schema and Swagger UI, from local files only."""

from __future__ import annotations

from drf_spectacular.views import SpectacularSwaggerSplitView


class SwaggerView(SpectacularSwaggerSplitView):
    """Swagger UI at /api/docs/."""
