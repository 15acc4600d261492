"""The shapes of results and batches, for the OpenAPI page."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from eligibility.openapi.created import Shape

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


class ResultData(Shape):
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


class DataDump(Shape):
    """What came of the task. The last two keys only when there is an error."""

    tpa: str
    status: AnswerWord
    data: ResultData
    job_task_id: str
    message: str | None = None
    error_type: str | None = None


class EligibilityAnswer(Shape):
    """A settled task's answer."""

    search_id: str
    data_dump: DataDump
    task_id: UUID
    status: AnswerWord
    clinic_id: UUID
    id: str
    created_at: datetime
    updated_at: datetime


class InterimResults(Shape):
    """What a payer that answers in parts has said so far."""

    tpa_name: str
    screenshot_key: str | None
    referral_documents: list[Any]


class PayerAnswer(Shape):
    """What one payer of a search said."""

    tpa_name: str
    status: AnswerWord
    data: ResultData


class SkippedPayer(Shape):
    """A payer of a search that was not asked, or not to the end."""

    tpa_name: str
    reason: str = Field(description="In plain words, such as: another payer had said yes before.")


class EligibilityResult(Shape):
    """Status and result of one task. The last four keys only for a search.

    While a search goes on, `eligibility_result` is the best answer so far.
    """

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
    total_tpas_checked: int | None = Field(None, description="Payers that answered or failed.")
    found_results: int | None = Field(None, description="Payers that said yes.")
    skipped: list[SkippedPayer] | None = None


class ShortAnswer(Shape):
    """An answer with data."""

    status: AnswerWord
    data: ResultData


class ErrorDump(Shape):
    """Why there is no data."""

    status: AnswerWord
    message: str
    error_type: str


class ShortError(Shape):
    """No data, and why."""

    status: AnswerWord
    message: str
    data_dump: ErrorDump


class ResultRow(Shape):
    """One task among many; its answer is null until it is settled."""

    task_id: UUID
    status: TaskWord
    is_search_all: bool
    created_at: datetime
    updated_at: datetime
    eligibility_result: ShortAnswer | ShortError | None


class UnknownRow(Shape):
    """An id that names nothing the caller may see."""

    task_id: str
    status: Literal["not_found"]
    eligibility_result: None


class ResultRows(Shape):
    """One row for each id asked, in that order."""

    results: list[ResultRow | UnknownRow]


class BulkResults(Shape):
    """The answer of bulk/get-results."""

    success: Literal[True]
    message: str
    data: ResultRows


class BatchRows(Shape):
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


class BatchResults(Shape):
    """The answer of batch-results."""

    success: Literal[True]
    message: str
    data: BatchRows
