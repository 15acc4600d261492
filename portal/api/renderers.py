"""JSON out: fast, and never a failure because of what a hostile row contained."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import PydanticSerializationError, to_json
from rest_framework.renderers import BaseRenderer
from rest_framework.utils import encoders

_default = encoders.JSONEncoder().default
_escaped = json.JSONEncoder(default=_default, allow_nan=False, separators=(",", ":"))


def render_json(data: Any) -> bytes:
    """`data` as UTF-8 JSON.

    Errors echo what was sent, so a value may hold what UTF-8 or JSON cannot: a lone surrogate is
    written as its escape, a number without a value (NaN, Infinity) as a string of its name.
    Pydantic's writer takes a third of the standard library's time for 10,000 rows.
    """
    try:
        written = to_json(data, inf_nan_mode="constants", fallback=_default)
        if b"NaN" in written or b"Infinity" in written:  # as a number, or only as somebody's text
            written = to_json(_finite(data), fallback=_default)
        return written
    except PydanticSerializationError:
        return _escaped.encode(_finite(data)).encode()


def _finite(node: Any) -> Any:
    """A copy in which numbers that JSON does not know are strings."""
    if isinstance(node, float) and not math.isfinite(node):
        return str(node)
    if isinstance(node, Mapping):
        return {key: _finite(value) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [_finite(value) for value in node]
    return node


@dataclass(frozen=True, slots=True)
class Rendered:
    """An answer that is JSON already."""

    body: bytes


class ApiJSONRenderer(BaseRenderer):
    """The API's only renderer."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """An answer without data (204) has no body."""
        if isinstance(data, Rendered):
            return data.body
        return b"" if data is None else render_json(data)
