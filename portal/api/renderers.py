"""JSON out: fast, and never a failure because of what a hostile row contained."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import BaseRenderer
from rest_framework.utils import encoders

_OPTIONS: dict[str, Any] = {
    "default": encoders.JSONEncoder().default,
    "allow_nan": False,
    "separators": (",", ":"),
}
_plain = json.JSONEncoder(ensure_ascii=False, **_OPTIONS)
_escaped = json.JSONEncoder(ensure_ascii=True, **_OPTIONS)


def render_json(data: Any) -> bytes:
    """`data` as UTF-8 JSON.

    Errors echo what was sent, so a value may hold what UTF-8 or JSON cannot: a lone surrogate is
    written as its escape, a number without a value (NaN, Infinity) as a string of its name.
    """
    try:
        return _plain.encode(data).encode()
    except UnicodeEncodeError:
        return _escaped.encode(data).encode()
    except ValueError:
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
        return b"" if data is None else render_json(data)
