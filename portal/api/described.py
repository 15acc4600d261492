"""How one operation appears on the OpenAPI page: its answer, with examples.

What every operation says beside its own answer is added by `portal.api.schema`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

Example = tuple[str, str, Any]
"""`request` or `response`, a title, and the value that is sent or answered."""

CURSOR = OpenApiParameter("cursor", OpenApiTypes.STR, description="`next` of the page before.")
PAGED = [
    OpenApiParameter("limit", OpenApiTypes.INT, description="Up to 500; 50 unless given."),
    CURSOR,
]
"""What `portal.api.newest` reads."""


def with_examples(
    name: str | None,
    summary: str,
    shape: Any,
    examples: Iterable[Example],
    *,
    tag: str,
    statuses: Sequence[int] = (200,),
    refusals: Mapping[int, OpenApiResponse] | None = None,
    **more: Any,
) -> Any:
    """`extend_schema` of an operation that answers this shape under each of these statuses.

    Without a name the operation's id is made from its path. `refusals` are answers of another
    shape, by status; all else is handed on to `extend_schema`.
    """
    answers = {status: OpenApiResponse(shape, description="Done.") for status in statuses}
    return extend_schema(
        operation_id=name,
        summary=summary,
        tags=[tag],
        responses={**answers, **(refusals or {})},
        examples=[_shown(example, statuses) for example in examples],
        **more,
    )


def with_example(
    name: str, summary: str, shape: Any, answer: Any, sent: Any = None, *, tag: str, **more: Any
) -> Any:
    """The same with one example of what is answered, and one of what is sent, if it is said."""
    examples: list[Example] = [("response", "Answer", answer)]
    if sent is not None:
        examples.append(("request", "Request", sent))
    return with_examples(name, summary, shape, examples, tag=tag, **{"request": None, **more})


def _shown(example: Example, statuses: Sequence[int]) -> OpenApiExample:
    part, title, value = example
    if part == "request":
        return OpenApiExample(title, value=value, request_only=True)
    answered = [str(status) for status in statuses]
    return OpenApiExample(title, value=value, response_only=True, status_codes=answered)
