"""The result of a task: as its own page shows it, and as a row of many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from eligibility.choices import FINAL, PREVAILING, Status
from eligibility.results import told, wire_data
from eligibility.wire import words

Row = Mapping[str, Any]

ROW_FIELDS = (
    "id",
    "status",
    "outcome",
    "failure",
    "failure_message",
    "is_search",
    "interim",
    "created_at",
    "updated_at",
    "finished_at",
    "payer__code",
    "payer__name",
    "result__id",
    "result__answer",
    "result__outcome",
    "result__created_at",
    "question_number",
    "result_question",
)
"""The columns that one row of many is made of."""

RESULT_FIELDS = (*ROW_FIELDS, "clinic_id", "request_dump", "search_round")
"""The columns that a result's own page is made of."""

_OF_THE_ANSWER = ("status", "outcome", "failure", "failure_message", "result__id",
                  "result__answer", "result__created_at", "finished_at")  # fmt: skip

_SETTLED = (Status.DONE, Status.FAILED)


def _known(task: Row) -> Row | None:
    """The task as its answer is told; None as long as it is on its way, or when it was cancelled.

    A re-run that failed does not hide the earlier answer: `status` says that it failed,
    `eligibility_result` what the clinic knows.
    """
    if task["status"] not in _SETTLED:
        return None
    stands = task["result__id"] and task["result_question"] == task["question_number"]
    if not (task["failure"] and stands):
        return task
    outcome = told("", task["result__outcome"], is_search=task["is_search"])
    known = {"status": Status.DONE, "outcome": outcome, "failure": ""}
    return {**task, **known}


def row(task: Row) -> dict[str, Any]:
    """One row of `bulk/get-results` and of `batch-results`."""
    known = _known(task)
    return {
        "task_id": str(task["id"]),
        "status": _work_word(task),
        "is_search_all": task["is_search"],
        "created_at": moment(task["created_at"]),
        "updated_at": moment(task["updated_at"]),
        "eligibility_result": _short_answer(known) if known else None,
    }


def unknown_row(task_id: str) -> dict[str, Any]:
    """The row of an id that nobody has, or that is another clinic's: which one stays untold."""
    return {"task_id": task_id, "status": words.NOT_FOUND, "eligibility_result": None}


def result(task: Row, paths: Sequence[Row] | None = None) -> dict[str, Any]:
    """The bare object of `eligibility-result/{id}`.

    `paths` are the rows of a search, one for each payer, best guess first; the search itself
    stands for them when it was a single call. As long as it goes on, the prevailing answer of
    those that have answered is shown, and `search_all_status` says that it may change.
    """
    prevailing = _prevailing(task, paths or ())
    known = _known(prevailing)
    shown = {
        "id": str(task["id"]),
        "task_id": str(task["id"]),
        "status": _work_word(task),
        "is_search_all": task["is_search"],
        "search_all_status": words.search_word(task["status"]) if task["is_search"] else None,
        "request_dump": task["request_dump"],
        "clinic_id": str(task["clinic_id"]),
        "created_at": moment(task["created_at"]),
        "updated_at": moment(task["updated_at"]),
        "interim_results": _interim(prevailing),
        "eligibility_result": _whole_answer(known) if known else None,
    }
    if task["is_search"]:
        shown |= _aggregated(paths or [task])
    return shown


def _prevailing(task: Row, paths: Sequence[Row]) -> Row:
    """The task as its answer is shown: a search that goes on borrows its paths' words."""
    if not task["is_search"] or task["status"] in FINAL:
        return task
    answered = [path for path in paths if path["status"] == Status.DONE]
    if answered:
        best = min(answered, key=lambda path: PREVAILING.index(path["outcome"]))
        return {**task, **{name: best[name] for name in _OF_THE_ANSWER}}
    partly = (path["interim"] for path in paths if path["interim"] is not None)
    return {**task, "interim": next(partly, task["interim"])}


def moment(value: datetime | None) -> str | None:
    """ISO 8601 with an offset."""
    return None if value is None else value.isoformat()


def _work_word(task: Row) -> str:
    partly = task["interim"] is not None
    return words.work_word(task["status"], task["failure"], partly_answered=partly)


def _interim(task: Row) -> dict[str, Any] | None:
    """What the payer said so far, when it answers in parts."""
    interim = task["interim"]
    if interim is None:
        return None
    return {
        "tpa_name": interim.get("tpa_name") or _payer_code(task),
        "screenshot_key": interim.get("screenshot_key"),
        "referral_documents": interim.get("referral_documents") or [],
    }


def _data(task: Row) -> dict[str, Any]:
    """The `data` object; of a failed task all that is known is who was asked and why."""
    failure = task["failure"]
    answer = None if failure else task["result__answer"]
    return wire_data(
        answer,
        outcome=task["outcome"],
        task_id=str(task["id"]),
        payer_code=task["payer__code"],
        payer_name=task["payer__name"],
        failure_reason=_message(task) if failure else None,
        was_identified_by_aggregator=bool(
            answer and (answer.get("resolved_by_search") or task["is_search"])
        ),
    )


def _short_answer(task: Row) -> dict[str, Any]:
    """What came of a settled task, in a row: its data, or why there is none."""
    status = words.answer_word(task["outcome"], task["failure"])
    error_type = words.error_type(task["outcome"], task["failure"])
    if error_type is None:
        return {"status": status, "data": _data(task)}
    message = _message(task)
    dump = {"status": status, "message": message, "error_type": error_type}
    return {"status": status, "message": message, "data_dump": dump}


def _whole_answer(task: Row) -> dict[str, Any]:
    """What came of a settled task, on its own page."""
    status = words.answer_word(task["outcome"], task["failure"])
    error_type = words.error_type(task["outcome"], task["failure"])
    task_id = str(task["id"])
    dump = {
        "tpa": _payer_code(task),
        "status": status,
        "data": _data(task),
        "job_task_id": task_id,
    }
    if error_type is not None:
        dump |= {"message": _message(task), "error_type": error_type}
    answered = task["status"] == Status.DONE and task["result__id"] is not None
    return {
        "search_id": task_id,
        "data_dump": dump,
        "task_id": task_id,
        "status": status,
        "clinic_id": str(task["clinic_id"]),
        "id": str(task["result__id"]) if answered else task_id,
        "created_at": moment(task["result__created_at"] if answered else task["finished_at"]),
        "updated_at": moment(task["finished_at"]),
    }


def _aggregated(paths: Sequence[Row]) -> dict[str, Any]:
    """What each payer of a search said, how many there were, and who was not asked, and why."""
    answers = [
        {
            "tpa_name": _payer_code(path) if path["is_search"] else path["payer__code"],
            "status": words.answer_word(path["outcome"], path["failure"]),
            "data": _data(path),
        }
        for path in paths
        if path["status"] in _SETTLED
    ]
    return {
        "aggregated_results": answers,
        "total_tpas_checked": len(answers),
        "found_results": sum(1 for answer in answers if answer["status"] == words.FOUND),
        "skipped": [
            {"tpa_name": path["payer__code"], "reason": path["failure_message"]}
            for path in paths
            if path["status"] == Status.CANCELLED and path["failure_message"]
        ],
    }


def _payer_code(task: Row) -> str:
    """The payer that answered; until then, or when none did, the one that was asked."""
    answer = None if task["failure"] else task["result__answer"]
    return str((answer or {}).get("payer_code") or task["payer__code"])


def _message(task: Row) -> str:
    return words.message(task["outcome"], task["failure"], task["failure_message"])
