"""JSON in."""

from __future__ import annotations

import json
from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser


class GuardedJSONParser(BaseParser):
    """JSON (the guard follows)."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        """The body as Python values."""
        try:
            return json.loads(stream.read())
        except ValueError as error:
            raise ParseError("The body is not JSON.") from error
