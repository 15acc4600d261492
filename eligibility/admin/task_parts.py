"""The parts of a check's page below its card, in words, identifiers masked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from eligibility.admin.badges import failure_badge, outcome_badge
from eligibility.admin.links import task_address
from eligibility.admin.task_view import TaskView
from eligibility.choices import AttemptState
from eligibility.models import Attempt
from eligibility.operations import row_of
from eligibility.presentation.benefits import benefit_row
from eligibility.presentation.codes import short_id_type, visit_name
from eligibility.presentation.fields import (
    label,
    message_in_words,
    row_as_pairs,
    row_in_words,
    said,
    value_in_words,
)
from eligibility.presentation.history import move_look, move_words
from eligibility.presentation.people import member_pairs, policy_pairs
from eligibility.presentation.places import place
from portal import moments
from portal.badges import Badge

_NOTHING: Mapping[str, Any] = {}
_ATTEMPTS: dict[str, Badge] = {
    AttemptState.OPEN: Badge("Open", "hourglass_top", "blue"),
    AttemptState.ANSWERED: Badge("Answered", "check_circle", "green"),
    AttemptState.FAILED: Badge("Failed", "error", "red"),
}
_SOURCES = {"api": "the API", "file": "a file", "form": "the form"}


def answer_parts(view: TaskView) -> dict[str, Any]:
    """Benefits, member, policy and networks, as the payer said them."""
    answer = view.result.answer if view.result else _NOTHING
    return {
        "benefits": [benefit_row(each) for each in answer.get("benefits") or ()],
        "member": member_pairs(answer.get("member") or _NOTHING, view.mask),
        "policy": policy_pairs(answer["policy"]) if _says_something(answer.get("policy")) else [],
        "documents": answer.get("documents") or [],
        "answered_at": view.at(view.result.created_at) if view.result else "",
    }


def _says_something(policy: Mapping[str, Any] | None) -> bool:
    return any(value not in (None, "") for value in (policy or _NOTHING).values())


def request_parts(view: TaskView) -> dict[str, Any]:
    """The question as it stands, as it came, and what was corrected in between."""
    task, mask = view.task, view.mask
    return {
        "question": row_as_pairs(mask.value(_in_words(row_of(task), task.payer.name))),
        "original": row_in_words(mask.value(task.request_dump), view.payers),
        "revisions": [
            {
                "number": revision.number,
                "who": view.who(revision.made_by),
                "at": view.at(revision.made_at),
                "changes": [
                    (label(name), *(_said(view, name, each) for each in pair))
                    for name, pair in revision.changes.items()
                ],
            }
            for revision in view.revisions
        ],
        "doubts": [_doubt(view, each) for each in task.warnings],
        "came": _came(view),
        "place": place(task.line, task.submission.source if task.submission else ""),
    }


def _in_words(row: dict[str, Any], payer_name: str) -> dict[str, Any]:
    """The row with its codes and days as people say them."""
    words: dict[str, Callable[[Any], str]] = {
        "tpa_name": lambda code: f"{payer_name} ({code})",
        "id_type": short_id_type,
        "visit_type": visit_name,
        "service_date": _day,
        "dob": _day,
    }
    return {name: words.get(name, _as_is)(value) for name, value in row.items()}


def _as_is(value: Any) -> Any:
    return value


def _day(value: Any) -> str:
    day = moments.read_day(value)
    return moments.day(day) if day else str(value)


def _doubt(view: TaskView, issue: Mapping[str, Any]) -> dict[str, str]:
    """A warning of the row, with the value that would be right."""
    name = str(issue.get("pointer") or "").strip("/").partition("/")[0]
    return {
        "field": label(name) if name else "",
        "message": message_in_words(str(issue.get("message") or ""), view.payers),
        "suggestion": _said(view, name, issue.get("suggestion")),
    }


def _said(view: TaskView, name: str, value: Any) -> str:
    """A field's value in words, identifiers masked."""
    return value_in_words(name, said(view.mask.value(value, name)), view.payers)


def _came(view: TaskView) -> str:
    """When, how and from whom it came."""
    task = view.task
    how = _SOURCES.get(task.submission.source, "") if task.submission else ""
    by = view.who(task.created_by)
    parts = [view.at(task.created_at), f"through {how}" if how else "", f"by {by}" if by else ""]
    return ", ".join(part for part in parts if part)


def attempt_parts(view: TaskView, *, with_raw: bool) -> list[dict[str, Any]]:
    """The conversations with the payer, the newest first."""
    return [_attempt(view, attempt, with_raw=with_raw) for attempt in view.attempts]


def chain_parts(view: TaskView) -> dict[str, Any]:
    """What the card must say besides its answer: whose it is, what came after, what is new."""
    chain, source = view.chain, view.task.reused_from_id
    late = chain.late_answer()
    return {
        "stands": chain.stands,
        "aside": chain.aside(view.zone) or chain.failed_again(view.zone),
        "late": outcome_badge(late.outcome) if late else "",
        "late_at": view.at(late.created_at) if late else "",
        "news": chain.news(view.zone),
        "source": task_address(source) if source else "",
        "source_name": f"Check …{source.hex[-8:]}" if source else "",
    }


def _attempt(view: TaskView, attempt: Attempt, *, with_raw: bool) -> dict[str, Any]:
    result = getattr(attempt, "result", None)
    raw = attempt.raw if with_raw else None
    return {
        "number": attempt.number,
        "connection": attempt.connection.name,
        "looks": attempt.looks,
        "state": _ATTEMPTS[attempt.state],
        "answer": outcome_badge(result.outcome) if result else failure_badge(attempt.failure),
        "code": attempt.code,
        "message": attempt.message,
        "at": view.at(attempt.started_at),
        "took": _took(attempt.milliseconds),
        "mark": view.chain.mark(attempt),
        "prevails": view.chain.counts(attempt),
        "raw": _pretty(view.mask.value(raw)) if raw is not None else "",
    }


def _took(milliseconds: int | None) -> str:
    if milliseconds is None:
        return ""
    return f"{milliseconds} ms" if milliseconds < 1_000 else f"{milliseconds / 1_000:.1f} s"


def _pretty(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


def event_parts(view: TaskView) -> list[dict[str, Any]]:
    """Every move, the newest first."""
    found = []
    for event in view.events:
        icon, colour = move_look(event.after)
        found.append(
            {
                "words": move_words(event.before, event.after, event.note),
                "who": view.who(event.actor),
                "at": view.at(event.at),
                "icon": icon,
                "colour": colour,
            }
        )
    return found
