"""How the endpoints appear on the OpenAPI page. Examples are those of the user's documents."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from eligibility.openapi import created, results
from eligibility.openapi.examples import EXAMPLES
from eligibility.schemas import BulkRequest, ScheduleRequest
from portal.api.described import CURSOR, with_examples
from portal.api.limits import limits_text

TAG = "Eligibility"
TWO_ADDRESSES = "eligibility_result"
"""Served at two addresses: there the operation's id is made from the path."""

OPTIONS = [
    OpenApiParameter(
        "Prefer",
        OpenApiTypes.STR,
        OpenApiParameter.HEADER,
        description="`handling=strict`: all rows or none. Default: `handling=lenient`.",
        enum=["handling=strict", "handling=lenient"],
    ),
    OpenApiParameter(
        "dry_run",
        OpenApiTypes.BOOL,
        description="Check everything, create nothing; ids are null.",
    ),
    OpenApiParameter(
        "detail",
        OpenApiTypes.STR,
        description="`full`: say of each row whether it was created, replayed or reused, and its "
        "warnings.",
        enum=["full"],
    ),
    OpenApiParameter(
        "profile",
        OpenApiTypes.STR,
        description="`strict`: a doubt about a row's content rejects it, instead of a warning.",
        enum=["lenient", "strict"],
    ),
]
_BULK_RULES = (
    "Good rows are created in one transaction before the answer is sent. Bad rows are kept with "
    "their errors under the `submission_id`; when every row is bad the answer is 400 and nothing "
    "is kept. A row with the `client_reference` and question of one of the last 24 hours is that "
    "one again, not a second one.\n\n"
)


def _page(name: str, summary: str, shape: Any, **more: Any) -> Any:
    """The operation with the examples of the user's documents."""
    operation = name if name != TWO_ADDRESSES else None
    return with_examples(operation, summary, shape, EXAMPLES[name], tag=TAG, **more)


health = _page("health", "Is the service there?", created.Health)
create_tasks = _page(
    "create_tasks",
    "Check many patients now",
    created.BulkCreated,
    request=BulkRequest,
    parameters=OPTIONS,
    description=_BULK_RULES + limits_text(),
)
schedule_tasks = _page(
    "schedule_tasks",
    "Check many patients later, as one batch",
    created.BatchScheduled,
    request=ScheduleRequest,
    parameters=OPTIONS,
    description=_BULK_RULES + limits_text(),
)
eligibility_result = _page(
    "eligibility_result",
    "Status and result of one task",
    results.EligibilityResult,
    description="The bare object, without an envelope. Poll it until `eligibility_result` is set.",
)
bulk_results = _page(
    "bulk_results",
    "Results of many tasks, in the order asked",
    results.BulkResults,
    request=results.ResultRequest,
    description="Every id asked is answered; one that names nothing of yours is `not_found`.\n\n"
    + limits_text(),
)
batch_results = _page(
    "batch_results",
    "A batch and its rows",
    results.BatchResults,
    parameters=[CURSOR],
    description="1,000 rows a page. `completed_tasks` counts rows in any final state.",
)
