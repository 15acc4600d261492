"""JSON in, behind the guard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.parsers import BaseParser

from portal.api.json_guard import read_json


class GuardedJSONParser(BaseParser):
    """The API's parser. Notes on the request whether its rows need a closer look.

    `request.body_is_suspicious` is False when no row of the body can hold a NUL, a lone
    surrogate, a number without a value or more than 50 levels.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The body as Python values. Raises ApiError INVALID_JSON."""
        read = read_json(stream.read())
        if parser_context is not None:
            parser_context["request"].body_is_suspicious = read.suspicious
        return read.value


class MergePatchParser(GuardedJSONParser):
    """The same for a body that calls itself a merge patch, as RFC 7396 has it."""

    media_type = "application/merge-patch+json"
