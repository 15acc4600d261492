"""The shapes of the answers to a bulk request, for the OpenAPI page."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from portal.api.schema import ErrorDetail


class Shape(BaseModel):
    """Exactly the documented keys."""

    model_config = ConfigDict(extra="forbid")


class Health(Shape):
    """The service answers."""

    status: Literal["healthy"]
    timestamp: datetime


class PatientInfo(Shape):
    """Whom a task is about, as sent; `tpa_name` is the payer's own code."""

    name: str | None
    id_value: str
    tpa_name: str


class CreatedTask(Shape):
    """One accepted row. The last keys only with `?detail=full`, the age only of a reused answer."""

    task_id: UUID | None = Field(description="Null in a dry run.")
    status: Literal["pending"]
    patient_info: PatientInfo
    is_search_all: bool
    index: int | None = Field(None, description="The row's place in the request, from 0.")
    row_status: Literal["created", "replayed", "reused"] | None = Field(
        None,
        description="Replayed: the same row came within the last 24 hours. Reused: the clinic had "
        "a fresh answer to this question, and nobody was asked.",
    )
    age_seconds: int | None = Field(None, description="How old the reused answer is.")
    warnings: list[ErrorDetail] | None = None


class CreatedTasks(Shape):
    """The accepted rows in the request's order. The last three keys only with rejected rows."""

    tasks: list[CreatedTask]
    total_created: int
    total_errors: int | None = Field(None, description="Rejected rows.")
    errors: list[ErrorDetail] | None = None
    submission_id: UUID | None = Field(None, description="Where the rejected rows are kept.")


class BulkCreated(Shape):
    """The answer of bulk/create-tasks."""

    success: Literal[True]
    message: str
    data: CreatedTasks


class ScheduledTasks(Shape):
    """The new batch. `tasks` only with `?detail=full`, the last three keys with rejected rows."""

    batch_id: UUID | None = Field(description="Null in a dry run.")
    total_scheduled: int
    tasks: list[CreatedTask] | None = None
    total_errors: int | None = Field(None, description="Rejected rows.")
    errors: list[ErrorDetail] | None = None
    submission_id: UUID | None = Field(None, description="Where the rejected rows are kept.")


class BatchScheduled(Shape):
    """The answer of schedule-tasks."""

    success: Literal[True]
    message: str
    data: ScheduledTasks
