"""An operation of the OpenAPI page as its view describes it, with the scope that it needs."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from rest_framework.serializers import ListSerializer


class ScopedSchema(AutoSchema):
    """DRF's DEFAULT_SCHEMA_CLASS."""

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Only what a view itself declares as a list of shapes is one.

        DRF's own `list` action answers a bare array; ours answers a page, an object.
        """
        return isinstance(serializer, ListSerializer)

    def get_operation(self, *arguments: Any, **named: Any) -> dict[str, Any] | None:
        """What the view says of it, and which scope a key needs."""
        operation: dict[str, Any] | None = super().get_operation(*arguments, **named)
        scopes = getattr(self.view, "required_scopes", {})
        scope = scopes.get(getattr(self.view, "action", None), scopes.get(self.method))
        if operation is not None and scope is not None:
            said = operation.get("description", "")
            operation["description"] = f"{said}\n\nScope: `{scope}`.".lstrip()
        return operation
