"""How the record endpoints appear on the OpenAPI page."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from portal.api.described import with_examples
from portal.api.limits import limits_text
from records.choices import OnConflict, RecordType
from records.openapi import shapes
from records.openapi.examples import EXAMPLES, NOT_AN_ARRAY

TAG = "Practitioner records"
_ALSO = {"put_record": (201,)}
"""Further statuses of the same answer: the record was not there and was made."""

_PROFILE = OpenApiParameter(
    "profile",
    OpenApiTypes.STR,
    description="`strict`: a doubt about a row's content rejects it, instead of a warning.",
    enum=["lenient", "strict"],
)
_BULK = [
    OpenApiParameter(
        "Prefer",
        OpenApiTypes.STR,
        OpenApiParameter.HEADER,
        description="`handling=strict`: all rows or none. Good rows then fail with the others, "
        "`batch.rolled_back`; the answer is 200 all the same.",
        enum=["handling=strict", "handling=lenient"],
    ),
    OpenApiParameter(
        "dry_run", OpenApiTypes.BOOL, description="Check everything, store nothing; `_id` is null."
    ),
    OpenApiParameter(
        "on_conflict",
        OpenApiTypes.STR,
        description="What becomes of a row whose `integrationId` and `logicalId` are stored: it "
        "fails (`error`, the default), is answered `skipped`, or updates the record (`updated`, "
        "or `unchanged` when it says the same).",
        enum=OnConflict.values,
    ),
    OpenApiParameter(
        "detail",
        OpenApiTypes.STR,
        description="`full`: each entry also has `index`, `errors` and `warnings`.",
        enum=["full"],
    ),
    _PROFILE,
]
_IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The `ETag` of the record as you know it; another version is answered 412.",
)
_PAGED = [
    OpenApiParameter("page", OpenApiTypes.INT, description="From 1."),
    OpenApiParameter("size", OpenApiTypes.INT, description="Up to 500; 20 unless given."),
]
_FILTERS = [
    OpenApiParameter("search", OpenApiTypes.STR, description="A part of a name, the beginning of "
                     "an NPI or of an id, or a whole `_id`."),
    OpenApiParameter("type", OpenApiTypes.STR, enum=RecordType.values),
    OpenApiParameter("integrationId", OpenApiTypes.STR),
    OpenApiParameter("logicalId", OpenApiTypes.STR),
    OpenApiParameter("npi", OpenApiTypes.STR),
    OpenApiParameter("status", OpenApiTypes.STR),
    OpenApiParameter("specialty", OpenApiTypes.STR, description="A code, or a whole name."),
    OpenApiParameter("updatedSince", OpenApiTypes.DATETIME, description="A time, or a day."),
]  # fmt: skip
_NOT_AN_ARRAY = OpenApiResponse(
    shapes.NotAnArray,
    description="The body is no array.",
    examples=[
        OpenApiExample("Not an array", value=NOT_AN_ARRAY, response_only=True, status_codes=["422"])
    ],
)
_BULK_RULES = (
    "An answer for each row in the order of the request, with status 200 whatever the rows came "
    "to. Good rows are stored in one transaction before the answer is sent; bad rows are kept "
    "with their errors for people to fix, unless nothing was stored. `integrationId` and "
    "`logicalId` together name a record once: of equal rows in one request the first good one is "
    "stored, and a row whose record is there already fails and names its `_id`.\n\n"
)


def _page(name: str, summary: str, shape: Any, status: int = 200, **more: Any) -> Any:
    """The operation with the examples of the integrators' document."""
    statuses = [status, *_ALSO.get(name, ())]
    return with_examples(name, summary, shape, EXAMPLES[name], tag=TAG, statuses=statuses, **more)


create_records = _page(
    "create_records",
    "Store many records",
    shapes.RecordsCreated,
    request=shapes.RecordRows,
    parameters=_BULK,
    refusals={422: _NOT_AN_ARRAY},
    description=_BULK_RULES + limits_text(),
)
list_records = _page(
    "list_records",
    "Find records",
    shapes.RecordPage,
    parameters=[*_PAGED, *_FILTERS],
    description="The oldest first. Filters narrow the list together.",
)
get_record = _page("get_record", "One record", shapes.Record)
update_record = _page(
    "update_record",
    "Change a record",
    shapes.Record,
    request=shapes.RecordPatch,
    parameters=[_IF_MATCH, _PROFILE],
    description="A JSON merge patch (RFC 7396).",
)
put_record = _page(
    "put_record",
    "Store a record under its logical id",
    shapes.Record,
    request=shapes.RecordBody,
    parameters=[_IF_MATCH, _PROFILE],
    description="Makes the record, or replaces it whole. With `If-Match` there must be one.",
)
delete_record = _page(
    "delete_record",
    "Delete a record",
    None,
    status=204,
    parameters=[_IF_MATCH],
    description="For good; its history stays.",
)
record_history = _page(
    "record_history",
    "What happened to a record",
    shapes.HistoryPage,
    parameters=_PAGED,
    description="The oldest change first; also for a record that is deleted.",
)
