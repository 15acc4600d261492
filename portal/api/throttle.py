"""The quotas of calls, as DRF asks for them and as answers publish them."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from portal.api.authentication import Caller
from portal.quotas import Used, count_call, quotas


class QuotaThrottle(BaseThrottle):
    """Refuses a call over its key's or its team's quota with a 429 and `Retry-After`."""

    def __init__(self) -> None:
        self._used: list[Used] = []

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the call; what is used is left on the request for `quota_headers`."""
        caller = request.user
        if not isinstance(caller, Caller):
            return True
        self._used = count_call(key_id=caller.key.family, team_id=caller.team.pk)
        request._request.quota_used = self._used  # type: ignore[attr-defined]
        return not any(used.is_over for used in self._used)

    def wait(self) -> float:
        """Seconds until the window ends."""
        return float(self._used[0].resets_in)


def quota_headers(request: Request) -> dict[str, str]:
    """`RateLimit` and `RateLimit-Policy` of a counted call (draft-ietf-httpapi-ratelimit-headers).

    Nothing for a call without a key, which has no quota.
    """
    used: list[Used] | None = getattr(request._request, "quota_used", None)
    if not used:
        return {}
    return {
        "RateLimit": ", ".join(each.left for each in used),
        "RateLimit-Policy": ", ".join(quota.policy for quota in quotas()),
    }
