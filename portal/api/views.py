"""What all REST views of the portal share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from portal.api.authentication import Caller
from portal.api.throttle import QuotaThrottle, quota_headers
from portal.errors import ApiError, ErrorCode, detail


class AlwaysJson(BaseContentNegotiation):
    """Answers JSON whatever Accept says: a client that wants a page still gets the envelope."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """The parser of the body's content type; None is answered 415."""
        sent = request.content_type.partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == sent), None)

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[Any, str]:
        """The first renderer and its media type."""
        return renderers[0], renderers[0].media_type


class ApiViewSet(ViewSet):
    """A thin face of some verbs. Subclasses name the scope of each action.

    Views have no `try`: what goes wrong is raised and answered in `portal.api.envelope`.
    """

    content_negotiation_class = AlwaysJson
    throttle_classes = (QuotaThrottle,)
    http_method_names = ["get", "post", "put", "patch", "delete", "head"]
    required_scopes: Mapping[str, str] = {}

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        """DRF's answer, with what is left of the caller's quotas."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        for name, value in quota_headers(request).items():
            answer.headers[name] = value
        return answer

    @property
    def caller(self) -> Caller:
        """Who asks; there is always one behind HasScope."""
        return cast(Caller, self.request.user)


def json_body(request: Request) -> Any:
    """The parsed body. Raises ApiError INVALID_JSON, also for an empty one, or a 415.

    DRF takes an empty body for an empty object, without asking a parser. The request lets go of
    the body, so that it can be read once: see `_handed_over`.
    """
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding.lower() != "identity":
        message = f"The content encoding {encoding[:32]} is not supported; send plain JSON."
        raise ApiError(ErrorCode.UNSUPPORTED_MEDIA_TYPE, message)
    data = request.data
    if request.stream is None:
        message = "The body is empty; JSON is expected."
        entry = detail("json.empty", message)
        raise ApiError(ErrorCode.INVALID_JSON, message, details=[entry])
    return _handed_over(request, data)


def _handed_over(request: Request, data: Any) -> Any:
    """The body, which the request holds no longer: it is freed with the view that asked for it.

    A request lives until its answer is sent, and the collector would walk the body's ten
    thousands of objects before that, once `uncollected` has ended.
    """
    vars(request).update(_data=None, _full_data=None)
    return data


def is_suspicious(request: Request) -> bool:
    """Whether rows of the parsed body may hold what a database cannot store."""
    return getattr(request, "body_is_suspicious", True)
