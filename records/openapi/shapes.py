"""The shapes of records, their lists and their history, for the OpenAPI page."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

from portal.api.schema import ErrorDetail, ErrorEnvelope
from records.schemas import OBJECT_ID, Practitioner

ObjectId = Annotated[str, Field(pattern=OBJECT_ID)]


class Exact(BaseModel):
    """Exactly the documented keys."""

    model_config = ConfigDict(extra="forbid")


class RecordRow(BaseModel):
    """One record to be stored: where it stands in your system, and what it says."""

    logicalId: str | None = Field(
        None, max_length=200, description="Your own id of the record, unique per integration."
    )
    integrationId: ObjectId | None = Field(
        None, description="The integration that the record came through."
    )
    config: Practitioner


class RecordRows(RootModel[list[RecordRow]]):
    """The rows, in any order."""


class Record(Exact):
    """One record. Every key is always there."""

    teamId: ObjectId
    createdBy: ObjectId | None
    updatedBy: ObjectId | None
    createdAt: datetime
    updatedAt: datetime
    id: ObjectId | None = Field(alias="_id", description="Null in a dry run.")
    logicalId: str | None
    integrationId: ObjectId | None
    config: Practitioner = Field(description="What was sent, with every key.")


class RecordResult(Exact):
    """What became of one row. The last three keys only with `?detail=full`."""

    status: Literal["created", "failed", "updated", "unchanged", "skipped"]
    record: Record | None
    error: str | None = Field(description="All errors of the row as one text.")
    index: int | None = Field(None, description="The row's place in the request, from 0.")
    errors: list[ErrorDetail] | None = None
    warnings: list[ErrorDetail] | None = None


class RecordsCreated(Exact):
    """An entry for each row, in the order of the request."""

    total_created: int
    total_errors: int
    results: list[RecordResult]


class Paged(Exact):
    """A page of a list."""

    total: int = Field(description="How many there are on all pages.")
    page: int
    size: int
    pages: int


class RecordPage(Paged):
    """A page of records, the oldest first."""

    items: list[Record]


class Said(Exact):
    """What a record said."""

    logicalId: str | None
    integrationId: ObjectId | None
    config: dict[str, Any]


class HistoryEntry(Exact):
    """One change of a record."""

    version: int
    change: Literal["created", "updated", "deleted"]
    before: Said | None
    after: Said | None
    by: ObjectId | None
    source: Literal["api", "file", "form"]
    requestId: str | None
    at: datetime


class HistoryPage(Paged):
    """What happened to a record, the oldest first."""

    items: list[HistoryEntry]


class RecordPatch(BaseModel):
    """A JSON merge patch (RFC 7396): null takes a value away, lists are replaced whole."""

    logicalId: str | None = None
    integrationId: str | None = None
    config: dict[str, Any] | None = None


class RecordBody(BaseModel):
    """What is stored under the address; its ids may be left out."""

    config: Practitioner


class BodyFault(Exact):
    """What is wrong with the body as a whole."""

    loc: list[str]
    msg: str
    type: Literal["list_type"]


class NotAnArray(ErrorEnvelope):
    """The envelope, with what older clients look for beside it."""

    detail: list[BodyFault]
