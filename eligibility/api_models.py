"""The shapes of the answers, for the OpenAPI page; `eligibility.wire` makes the answers.

A test holds real answers against these models, so the page cannot drift from the truth.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from portal.api.schema import ErrorDetail

TaskWord = Literal[
    "IN_QUEUE",
    "NAVIGATING_WEBSITE",
    "EXTRACTING_DATA",
    "PROCESS_COMPLETE",
    "failed",
    "cancelled",
]
AnswerWord = Literal[
    "found",
    "not_eligible",
    "member_not_found",
    "multiple_beneficiaries",
    "undetermined",
    "failed",
    "invalid_credentials",
]
BatchWord = Literal["scheduled", "processing", "paused", "completed", "cancelled"]


class _Shape(BaseModel):
    """Exactly the documented keys."""

    model_config = ConfigDict(extra="forbid")


class Health(_Shape):
    """The service answers."""

    status: Literal["healthy"]
    timestamp: datetime


class PatientInfo(_Shape):
    """Whom a task is about, as sent; `tpa_name` is the payer's own code."""

    name: str | None
    id_value: str
    tpa_name: str


class CreatedTask(_Shape):
    """One accepted row. The last three keys only with `?detail=full`."""

    task_id: UUID | None = Field(description="Null in a dry run.")
    status: Literal["pending"]
    patient_info: PatientInfo
    is_search_all: bool
    index: int | None = Field(None, description="The row's place in the request, from 0.")
    row_status: Literal["created", "replayed"] | None = None
    warnings: list[ErrorDetail] | None = None


class CreatedTasks(_Shape):
    """The accepted rows in the request's order. The last three keys only with rejected rows."""

    tasks: list[CreatedTask]
    total_created: int
    total_errors: int | None = Field(None, description="Rejected rows.")
    errors: list[ErrorDetail] | None = None
    submission_id: UUID | None = Field(None, description="Where the rejected rows are kept.")


class BulkCreated(_Shape):
    """The answer of bulk/create-tasks."""

    success: Literal[True]
    message: str
    data: CreatedTasks


class ScheduledTasks(_Shape):
    """The new batch. `tasks` only with `?detail=full`, the last three keys with rejected rows."""

    batch_id: UUID | None = Field(description="Null in a dry run.")
    total_scheduled: int
    tasks: list[CreatedTask] | None = None
    total_errors: int | None = Field(None, description="Rejected rows.")
    errors: list[ErrorDetail] | None = None
    submission_id: UUID | None = Field(None, description="Where the rejected rows are kept.")


class BatchScheduled(_Shape):
    """The answer of schedule-tasks."""

    success: Literal[True]
    message: str
    data: ScheduledTasks


class ResultRequest(BaseModel):
    """Which results to fetch."""

    task_ids: list[str]


class PolicyNetwork(BaseModel):
    """The policy and the networks it opens; null and [] where the payer said nothing."""

    payer_name: str | None
    policy_plan_name: str | None
    package_name: str | None
    policy_authority: str | None
    start_date: str | None
    valid_upto: str | None
    is_vip: bool | None
    is_gatekeeper: bool | None
    all_networks: list[dict[str, Any]]


class ResultPatient(BaseModel):
    """The member as the payer knows them."""

    patient_id_info: dict[str, Any]
    policy_holder_name: str | None
    patient_emirates_id: str | None
    policy_holder_dob: str | None
    policy_primary_member_id: str | None
    policy_holder_gender: str | None
    policy_holder_relationship: str | None
    policy_holder_phone: str | None


class CopayAnalysis(BaseModel):
    """What the patient pays. Money is a decimal string, never a float."""

    copay_details: list[dict[str, Any]]
    waiting_period: str | None
    special_remarks: list[str]


class ResultData(_Shape):
    """What the payer answered, normalised. Every key is always there."""

    payer_id: str
    is_eligible: bool | None = Field(description="Null: unknown, never the same as no.")
    job_task_id: str
    patient_info: ResultPatient
    policy_network: PolicyNetwork
    copay_analysis: CopayAnalysis
    copay_details_to_fill: list[dict[str, Any]]
    referral_documents: list[dict[str, Any]]
    failure_reason: str | None
    screenshot_key: str | None
    was_identified_by_aggregator: bool


class DataDump(_Shape):
    """What came of the task. The last two keys only when there is an error."""

    tpa: str
    status: AnswerWord
    data: ResultData
    job_task_id: str
    message: str | None = None
    error_type: str | None = None


class EligibilityAnswer(_Shape):
    """A settled task's answer."""

    search_id: str
    data_dump: DataDump
    task_id: UUID
    status: AnswerWord
    clinic_id: UUID
    id: str
    created_at: datetime
    updated_at: datetime


class InterimResults(_Shape):
    """What a payer that answers in parts has said so far."""

    tpa_name: str
    screenshot_key: str | None
    referral_documents: list[Any]


class PayerAnswer(_Shape):
    """What one payer of a search said."""

    tpa_name: str
    status: AnswerWord
    data: ResultData


class EligibilityResult(_Shape):
    """Status and result of one task. The last four keys only for a search."""

    id: UUID
    task_id: UUID
    status: TaskWord
    is_search_all: bool
    search_all_status: Literal["SEARCH_ALL_PROCESSING", "SEARCH_ALL_COMPLETE"] | None
    request_dump: dict[str, Any]
    clinic_id: UUID
    created_at: datetime
    updated_at: datetime
    interim_results: InterimResults | None
    eligibility_result: EligibilityAnswer | None
    aggregated_results: list[PayerAnswer] | None = None
    total_tpas_checked: int | None = None
    found_results: int | None = None
    skipped: list[dict[str, str]] | None = None


class ShortAnswer(_Shape):
    """An answer with data."""

    status: AnswerWord
    data: ResultData


class ErrorDump(_Shape):
    """Why there is no data."""

    status: AnswerWord
    message: str
    error_type: str


class ShortError(_Shape):
    """No data, and why."""

    status: AnswerWord
    message: str
    data_dump: ErrorDump


class ResultRow(_Shape):
    """One task among many; its answer is null until it is settled."""

    task_id: UUID
    status: TaskWord
    is_search_all: bool
    created_at: datetime
    updated_at: datetime
    eligibility_result: ShortAnswer | ShortError | None


class UnknownRow(_Shape):
    """An id that names nothing the caller may see."""

    task_id: str
    status: Literal["not_found"]
    eligibility_result: None


class ResultRows(_Shape):
    """One row for each id asked, in that order."""

    results: list[ResultRow | UnknownRow]


class BulkResults(_Shape):
    """The answer of bulk/get-results."""

    success: Literal[True]
    message: str
    data: ResultRows


class BatchRows(_Shape):
    """A batch and its rows. `next` only when it has more than 1,000."""

    batch_id: UUID
    batch_status: BatchWord
    description: str | None
    scheduled_for: datetime | None
    executed_at: datetime | None
    completed_at: datetime | None
    total_tasks: int
    completed_tasks: int = Field(description="Rows in any final state.")
    tasks: list[ResultRow]
    next: str | None = Field(None, description="The cursor of the next page.")


class BatchResults(_Shape):
    """The answer of batch-results."""

    success: Literal[True]
    message: str
    data: BatchRows
