"""The parts of a batch's page in words."""

from __future__ import annotations

from typing import Any

from eligibility.admin.badges import batch_badge, failure_badge
from eligibility.admin.batch_counts import Tally
from eligibility.admin.batch_view import BatchView, Cause, PayerRows, Rejection
from eligibility.admin.links import address, tasks_address
from eligibility.admin.places import group_address
from eligibility.choices import BatchStatus, Failure, Outcome, Status
from eligibility.engine.forecast.finishes import Finish
from eligibility.presentation.counts import counted
from eligibility.presentation.failures import FAILURES, WHO_ACTS
from eligibility.presentation.rejections import explain_rejection
from eligibility.presentation.strips import segments
from eligibility.worklist import UNKNOWN_PAYER, Filters, GroupKey, Kind
from portal import moments


def progress_parts(view: BatchView) -> dict[str, Any]:
    """How far it is, as numbers and as a strip."""
    tally = view.tally
    share = 100 * tally.finished // tally.total if tally.total else 100
    return {
        "status": batch_badge(view.status),
        "finished": f"{tally.finished:,}",
        "total": f"{tally.total:,}",
        "share": share,
        "segments": [
            {
                "segment": each,
                "count": f"{each.count:,}",
                "link": tasks_address(
                    batch=view.batch.pk,
                    **({"outcome": each.outcome} if each.outcome else {"status": each.status}),
                ),
            }
            for each in segments(tally.by_state)
        ],
        "sentence": sentence(view),
        "times": times(view),
    }


def sentence(view: BatchView) -> str:
    """What happens now, or happened in the end."""
    match view.status:
        case BatchStatus.SCHEDULED:
            return _scheduled(view)
        case BatchStatus.PAUSED:
            return f"{_paused_since(view)}. Rows already asked run to their end."
        case BatchStatus.RUNNING:
            return _running(view)
        case BatchStatus.CANCELLED:
            before = view.tally.total - view.tally.of(Status.CANCELLED)
            return f"Somebody cancelled it. {before:,} of its rows had ended before."
    return "Every row has ended." if view.tally.total else "It has no rows."


def _scheduled(view: BatchView) -> str:
    begins, expected = view.batch.scheduled_for, view.batch.expected_by
    words = f"Begins {_soon(view, begins)}." if begins else ""
    return f"{words} Answers are expected by {_soon(view, expected)}." if expected else words


def _paused_since(view: BatchView) -> str:
    paused_at = view.batch.paused_at
    return f"Paused since {_soon(view, paused_at)}" if paused_at else "Paused"


def _running(view: BatchView) -> str:
    """The forecast, or why there is none."""
    left = f"{view.tally.total - view.tally.finished:,} left"
    finish = view.finish
    if finish is None or (finish.at is not None and finish.at <= view.now):
        return f"{left}: waiting for payers."
    if finish.at is None:
        return f"{left}; until when is not known. {_unknown(finish)}"
    about = moments.length((finish.at - view.now).total_seconds())
    return f"{left}, about {about} at the present pace (until {_soon(view, finish.at)})."


def _unknown(finish: Finish) -> str:
    """Why there is no forecast: the lane that holds everything up, and its reason."""
    return f"{finish.lane}: {finish.why_unknown}" if finish.lane else finish.why_unknown


def _soon(view: BatchView, moment: Any) -> str:
    return moments.soon(moment, now=view.now, zone=view.zone)


def times(view: BatchView) -> list[tuple[str, str]]:
    """When what happened, in the clinic's zone."""
    batch, zone = view.batch, view.zone
    ended = view.tally.ended_at if view.is_over else None
    pairs = [
        ("Came in", batch.created_at),
        ("Scheduled for", batch.scheduled_for),
        ("Expected by", batch.expected_by),
        ("First row asked", view.tally.asked_at),
        ("Completed", ended),
    ]
    return [(word, moments.at(moment, zone)) for word, moment in pairs if moment]


def payer_parts(view: BatchView) -> list[dict[str, Any]]:
    """The by-payer table."""
    return [_payer(view, each) for each in view.payers]


def _payer(view: BatchView, rows: PayerRows) -> dict[str, Any]:
    tally = rows.tally
    done = tally.of(Status.DONE)
    failed = tally.of(Status.FAILED)
    query = {"batch": view.batch.pk, "payer": rows.code}
    return {
        "name": rows.name,
        "code": rows.code,
        "total": f"{tally.total:,}",
        "finished": f"{tally.finished:,}",
        "share": 100 * tally.finished // tally.total if tally.total else 0,
        "eligible": f"{100 * tally.answered(Outcome.ELIGIBLE) / done:.0f} %" if done else "–",
        "failed": f"{failed:,}" if failed else "–",
        "pace": pace_words(tally),
        "held": view.held.get(rows.code),
        "link": tasks_address(**query),
        "failed_link": tasks_address(**query, status=Status.FAILED) if failed else "",
    }


def pace_words(tally: Tally) -> str:
    """Rows a second or a minute, from the first question to the last answer."""
    if tally.asked_at is None or tally.ended_at is None or tally.finished < 2:
        return "–"
    seconds = max((tally.ended_at - tally.asked_at).total_seconds(), 0.1)
    a_second = tally.finished / seconds
    return f"{a_second:.1f} a second" if a_second >= 1 else f"{a_second * 60:.1f} a minute"


def cause_parts(view: BatchView) -> list[dict[str, Any]]:
    """Failed rows by payer and cause, each with what to do and where."""
    return [_cause(view, each) for each in view.causes]


def _cause(view: BatchView, cause: Cause) -> dict[str, Any]:
    explained = FAILURES[Failure(cause.failure)]
    named = {"payer": cause.payer_code, "failure": cause.failure}
    return {
        "count": cause.count,
        "payer": cause.payer,
        "badge": failure_badge(cause.failure),
        "message": _said(cause),
        "advice": explained.advice,
        "who": WHO_ACTS[explained.actor],
        "rerun_link": address("eligibility_batch_rerun", view.batch.pk, **named),
        "list_link": tasks_address(batch=view.batch.pk, **named),
        **_work(view, cause),
    }


def _said(cause: Cause) -> str:
    """What the payer said; of several sayings one, and how many there are besides."""
    if cause.messages < 2 or not cause.message:
        return cause.message
    return f"{cause.message} (and {counted(cause.messages - 1, 'other message')})"


def _work(view: BatchView, cause: Cause) -> dict[str, str]:
    """Where the rows that wait are listed, and fixed one after the other; empty when none does."""
    if not cause.waiting:
        return {"rows_link": "", "fix_link": ""}
    key = GroupKey(Kind.FAILED, cause.payer_code, cause.failure)
    filters = Filters(batch=view.batch.pk)
    return {
        "rows_link": group_address("admin:worklist_group", key, filters),
        "fix_link": group_address("admin:worklist_start", key, filters),
    }


def rejection_parts(view: BatchView) -> dict[str, Any]:
    """Rows of the same request that were not accepted, by reason, the commonest first."""
    by_title: dict[str, list[Rejection]] = {}
    for each in view.rejections:
        by_title.setdefault(explain_rejection(each.cause).title, []).append(each)
    reasons = [_reason(view, title, rows) for title, rows in by_title.items()]
    return {
        "count": sum(each.count for each in view.rejections),
        "reasons": sorted(reasons, key=lambda reason: -reason["count"]),
        "link": address("worklist", batch=view.batch.pk),
    }


def _reason(view: BatchView, title: str, rows: list[Rejection]) -> dict[str, Any]:
    """One reason, and the worklist's group of each payer that it concerns."""
    filters, groups = Filters(batch=view.batch.pk), []
    for each in rows:
        key = GroupKey(Kind.REJECTED, each.topic, each.cause)
        groups.append(
            {
                "name": view.names.get(each.topic, each.topic) or UNKNOWN_PAYER,
                "count": each.count,
                "link": group_address("admin:worklist_group", key, filters),
            }
        )
    return {
        "count": sum(each.count for each in rows),
        "title": title,
        "advice": explain_rejection(rows[0].cause).advice,
        "groups": groups,
    }
