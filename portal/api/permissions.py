"""What a key may do."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from portal.api.authentication import Caller, unauthorized
from portal.errors import ApiError, ErrorCode, detail


class HasScope(BasePermission):
    """The key has the scope that the view asks for.

    A view says `required_scopes = {"create_tasks": Scope.ELIGIBILITY_WRITE}`, by action or by
    method. What a view does not name, nobody may do.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        """Raises the error itself, so that the caller learns which scope is missing."""
        if request.method not in view.allowed_methods:
            return True  # the dispatch answers 405, which says more than a 403
        caller = request.user
        if not isinstance(caller, Caller):
            raise unauthorized("Send your API key as a bearer token or in the x-api-key header.")
        needed = self.scope_for(request, view)
        if needed is None or needed not in caller.scopes:
            raise _scope_missing(needed)
        return True

    def scope_for(self, request: Request, view: Any) -> str | None:
        """The scope that this request needs; None when the view names none."""
        scopes = getattr(view, "required_scopes", {})
        needed = scopes.get(getattr(view, "action", None), scopes.get(request.method))
        return None if needed is None else str(needed)


def _scope_missing(needed: str | None) -> ApiError:
    message = f"This key lacks the scope {needed}." if needed else "No key may do this."
    entry = detail("scope.missing", message, suggestion=needed)
    return ApiError(ErrorCode.FORBIDDEN, message, details=[entry])
