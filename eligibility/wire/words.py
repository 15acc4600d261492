"""Our states in the words that integrators know (api-contract, "Wire words")."""

from __future__ import annotations

from eligibility.choices import FINAL, BatchStatus, Failure, Outcome, Status

CREATED = "pending"
"""The status of every row in the answer to its creation, also of a replayed one."""

NOT_FOUND = "not_found"
"""The status of an id that the caller may not see or that nobody has."""

SEARCHING = "SEARCH_ALL_PROCESSING"
SEARCHED = "SEARCH_ALL_COMPLETE"
FOUND = "found"

_WORK: dict[str, str] = {
    Status.PENDING: "IN_QUEUE",
    Status.RUNNING: "NAVIGATING_WEBSITE",
    Status.WAITING: "NAVIGATING_WEBSITE",
    Status.DONE: "PROCESS_COMPLETE",
    Status.FAILED: "failed",
    Status.CANCELLED: "cancelled",
}
_PARTLY_ANSWERED = "EXTRACTING_DATA"
_COMPLETE_THOUGH_FAILED: frozenset[str] = frozenset(
    {
        Failure.INPUT_INVALID,
        Failure.IDENTITY_MISMATCH,
        Failure.PAYER_UNSUPPORTED,
        Failure.PROVIDER_NOT_ENROLLED,
    }
)
"""Failures that no repeat would cure: to integrators the process is complete."""

_OUTCOME: dict[str, str] = {
    Outcome.ELIGIBLE: FOUND,
    Outcome.NOT_ELIGIBLE: "not_eligible",
    Outcome.MEMBER_NOT_FOUND: "member_not_found",
    Outcome.AMBIGUOUS_MEMBER: "multiple_beneficiaries",
    Outcome.UNDETERMINED: "undetermined",
    Outcome.PARTIAL: "undetermined",
}
_OUTCOME_ERROR: dict[str, str] = {
    Outcome.MEMBER_NOT_FOUND: "MemberNotFoundError",
    Outcome.AMBIGUOUS_MEMBER: "MultipleBeneficiariesError",
}
_BATCH: dict[str, str] = {BatchStatus.RUNNING: "processing"}


def work_word(status: str, failure: str, *, partly_answered: bool) -> str:
    """Where the work on a task stands, as a poll shows it."""
    if failure in _COMPLETE_THOUGH_FAILED:
        return _WORK[Status.DONE]
    if partly_answered and status in (Status.RUNNING, Status.WAITING):
        return _PARTLY_ANSWERED
    return _WORK[status]


def search_word(status: str) -> str:
    """Where a search stands."""
    return SEARCHED if status in FINAL else SEARCHING


def answer_word(outcome: str, failure: str) -> str:
    """What came of a task that is done or failed (`data_dump.status`)."""
    if failure:
        return "invalid_credentials" if failure == Failure.CREDENTIALS else "failed"
    return _OUTCOME[outcome]


def error_type(outcome: str, failure: str) -> str | None:
    """The name of the error that integrators match on; None for an answer that is none."""
    if failure:
        return "".join(part.capitalize() for part in failure.split("_")) + "Error"
    return _OUTCOME_ERROR.get(outcome)


def message(outcome: str, failure: str, failure_message: str) -> str:
    """What happened, in plain words that name no patient."""
    if failure:
        return failure_message or str(Failure(failure).label)
    return str(Outcome(outcome).label)


def batch_word(status: str) -> str:
    """Where a batch stands."""
    return _BATCH.get(status, str(status))
