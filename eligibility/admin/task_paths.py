"""The payers of a search on its page: who was asked, what came of it, who was left out and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.safestring import SafeString

from eligibility.admin.badges import STATUS, failure_badge, outcome_badge
from eligibility.admin.links import task_address
from eligibility.choices import FINAL, Status
from eligibility.models import EligibilityTask
from eligibility.presentation.standing import Standing
from portal.badges import badge


def path_line(path: EligibilityTask) -> dict[str, Any]:
    """One payer as a line: its state as a badge, why there is no answer, where to read more."""
    return {
        "payer": path.payer.name,
        "code": path.payer.code,
        "state": _state(path),
        "message": path.failure_message,
        "link": task_address(path.pk) if path.first_claimed_at else "",
        "prevails": False,
    }


def _state(path: EligibilityTask) -> SafeString:
    match Status(path.status):
        case Status.DONE:
            return outcome_badge(path.outcome)
        case Status.FAILED:
            return failure_badge(path.failure)
        case Status.CANCELLED:
            return badge("Skipped", "redo", "grey")
        case Status.PENDING if path.run_at is None:
            return badge("Its turn comes later", "more_horiz", "grey")
        case Status.PENDING:
            return badge("In line", *STATUS[Status.PENDING])
        case Status.RUNNING:
            return badge("Being asked", *STATUS[Status.RUNNING])
    return badge("Works on it", *STATUS[Status.WAITING])


def lines_of(search: EligibilityTask, paths: Sequence[EligibilityTask]) -> list[dict[str, Any]]:
    """The payers of the search as it was asked last, best guess first."""
    now = [path for path in paths if path.search_round == search.search_round]
    lines = []
    for path in sorted(now, key=lambda path: path.line or 0):
        prevails = path.result_id is not None and path.result_id == search.result_id
        lines.append(path_line(path) | {"prevails": prevails})
    return lines


def earlier_lines(
    search: EligibilityTask, paths: Sequence[EligibilityTask]
) -> list[dict[str, Any]]:
    """The payers that were asked in earlier rounds, the last round first."""
    before = [path for path in paths if path.search_round != search.search_round]
    before.sort(key=lambda path: (-path.search_round, path.line or 0))
    return [path_line(path) for path in before if path.first_claimed_at is not None]


def searching(paths: Sequence[EligibilityTask], *, paused: bool) -> Standing:
    """Where a search stands whose payers are being asked."""
    wanted = [path for path in paths if path.status != Status.CANCELLED]
    ended = sum(path.status in FINAL for path in wanted)
    asked = [path.payer.name for path in paths if path.run_at or path.status == Status.RUNNING]
    heard = f"Heard from {ended} of {len(wanted)} payers."
    if paused and not asked:
        return Standing("Paused", "pause_circle", "amber", f"Its batch is paused. {heard}")
    names = " and ".join(asked)
    sentence = f"{names} {'is' if len(asked) == 1 else 'are'} being asked. {heard}"
    return Standing("Asking around", "travel_explore", "blue", sentence if asked else heard)
