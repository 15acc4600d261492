"""The shapes of our own endpoints: tasks, batches and rejected rows as people work with them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, RootModel

from eligibility.choices import Failure, Outcome, Review, Status
from eligibility.openapi.created import Shape
from eligibility.openapi.results import BatchWord, EligibilityResult, ResultRow
from portal.api.schema import ErrorDetail


class Queued(Shape):
    """Where a new task stands, under the keys that clients of such an API read."""

    task_id_in_db: UUID | None
    task_id_in_celery: UUID | None
    status: Literal["IN_QUEUE", "SEARCH_ALL_PROCESSING"]


class NewTask(Shape):
    """A new task. The search keys only for a search, the last two only with `?detail=full`."""

    task_id: UUID | None = Field(description="Null in a dry run.")
    status: Literal["pending"]
    organization_api_task_db: Queued
    is_search_all: bool | None = None
    search_all_status: Literal["SEARCH_ALL_PROCESSING"] | None = None
    row_status: Literal["created", "replayed", "reused"] | None = None
    warnings: list[ErrorDetail] | None = None


class TaskCreated(Shape):
    """The answer of create-task."""

    success: Literal[True]
    message: str
    data: NewTask


class NewestTasks(RootModel[list[EligibilityResult]]):
    """A bare array, each entry as `eligibility-result` shows it."""


class Task(ResultRow):
    """A task with what people see beside its answer.

    `status` is the word that a poll shows; `work`, `outcome`, `failure` and `review` are the
    four questions kept apart. `version` is the number in its `ETag`.
    """

    tpa_name: str
    visit_type: str | None
    service_date: date | None
    client_reference: str | None
    batch_id: UUID | None
    test_mode: bool
    work: Status
    outcome: Outcome | None
    failure: Failure | None
    review: Review
    warnings: list[ErrorDetail]
    not_before: datetime
    finished_at: datetime | None
    version: int


class TaskPage(Shape):
    """Some tasks, newest first."""

    items: list[Task]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class TaskData(Shape):
    """The task after a verb."""

    task: Task


class TaskDone(Shape):
    """A verb was carried out."""

    success: Literal[True]
    message: str
    data: TaskData


class MovedRows(Shape):
    """How many rows moved; of the others how many, by the reason in words."""

    moved: int
    stayed: dict[str, int]


class RowsDone(Shape):
    """A verb was carried out for many rows."""

    success: Literal[True]
    message: str
    data: MovedRows


class TaskChanges(BaseModel):
    """Fields of a row with their new values; `client_reference` cannot be changed."""

    model_config = ConfigDict(extra="allow")

    id_value: str | None = None
    id_type: str | None = None
    tpa_name: str | None = None
    visit_type: str | None = None
    name: str | None = None
    dob: str | None = None
    phone: str | None = None


class RetryRequest(Shape):
    """Which tasks: by id, or all that match a filter with the names of the list's."""

    task_ids: list[str] | None = None
    filter: dict[str, Any] | None = None


class BatchHead(Shape):
    """A batch without its rows."""

    batch_id: UUID
    batch_status: BatchWord
    description: str | None
    scheduled_for: datetime | None
    executed_at: datetime | None
    completed_at: datetime | None
    total_tasks: int
    completed_tasks: int
    cancelled_tasks: int
    expected_by: datetime | None
    submission_id: UUID | None
    created_at: datetime


class BatchPage(Shape):
    """Some batches, newest first."""

    items: list[BatchHead]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class BatchData(Shape):
    """The batch after a verb, and how many rows it moved."""

    batch: BatchHead
    rows: int


class BatchDone(Shape):
    """A verb was carried out."""

    success: Literal[True]
    message: str
    data: BatchData


class RejectedRowShape(Shape):
    """One rejected row at its line. `row` is what came."""

    line: int
    state: Literal["open", "accepted", "superseded", "discarded"]
    row: Any
    errors: list[ErrorDetail]
    task_id: str | None
    version: int


class SubmissionShape(Shape):
    """One bulk request or file, and its rejected rows."""

    submission_id: UUID
    source: str
    created_at: datetime
    total_rows: int
    accepted_rows: int
    rejected_rows: int
    open_rows: int
    items: list[RejectedRowShape]
    next: str | None


class PayerHead(Shape):
    """A payer, or a search that asks several (`members`)."""

    code: str
    name: str
    kind: Literal["tpa", "insurer", "search"]
    aliases: list[str]
    members: list[str]
    effective_from: datetime = Field(description="Since when its rules are as they are.")
    effective_until: datetime | None = Field(
        description="When announced rules take their place; null: until they are changed."
    )


class PayerPage(Shape):
    """All payers in use, by code."""

    items: list[PayerHead]
    next: None = None


class Requirement(Shape):
    """A field that is needed when every field in `when` has one of its values."""

    field: str
    when: dict[str, list[str]]


class RulesShape(Shape):
    """Rules, in short and as the JSON Schema of a row."""

    id_types: list[str]
    visit_types: list[str]
    requires: list[Requirement]
    optional: list[str]
    json_schema: dict[str, Any]


class UpcomingRules(RulesShape):
    """Rules that were announced: rows that come in from `effective_from` on are judged by them."""

    effective_from: datetime
    members: list[str]


class PayerShape(PayerHead, RulesShape):
    """A payer with its rules, and with those that were announced for a later day."""

    upcoming: UpcomingRules | None = Field(description="Null: nothing is announced.")
