"""The paths of a search: one row for each payer asked, two at a time, until one says yes.

A search itself is never claimed. Whatever moves one of its paths holds the search's lock and
settles it in the same transaction: the next paths get their place in line, or the rest is
skipped and the search is closed, once. Everybody locks searches before paths, in the order of
their ids, so that nobody waits for each other. `sweep` finds what fell between two stools.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from eligibility import clock
from eligibility.choices import FINAL, PREVAILING, Failure, Outcome, Review, Status
from eligibility.engine.rows import TASK, add_events, among, many_uuids, python_uuid
from eligibility.models import EligibilityTask

AT_ONCE = 2
"""Payers of one search that are asked at the same time."""
FIRST_ALONE = 0
"""The `line` of a path that is asked before all others: its payer is known to have the member."""

FOUND_ELSEWHERE = "Another payer had said yes before."
CANCELLED = "The search was cancelled."
NOBODY = "None of this search's payers can be asked."

_UNFINISHED = "c.status IN ('pending', 'running', 'waiting')"
_NOT_OPEN = "c.status = 'pending' AND c.run_at IS NULL"
_OF_THIS_ROUND = "c.parent_id = p.id AND c.search_round = p.search_round"

FAILURES = (
    Failure.PAYER_UNAVAILABLE,
    Failure.TIMEOUT,
    Failure.THROTTLED,
    Failure.BAD_RESPONSE,
    Failure.CREDENTIALS,
    Failure.INTERNAL,
    Failure.PROVIDER_NOT_ENROLLED,
    Failure.PAYER_UNSUPPORTED,
    Failure.IDENTITY_MISMATCH,
    Failure.INPUT_INVALID,
)
"""Which failure speaks for a search that nobody answered: first those that a repeat may cure."""


def lock(searches: Collection[UUID]) -> None:
    """Hold these searches until the transaction ends. To be called before their paths are."""
    if searches and connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id FROM {TASK} WHERE {among('id')} ORDER BY id FOR NO KEY UPDATE",
                [many_uuids(searches)],
            )


@dataclass(frozen=True, slots=True)
class _Standing:
    """How one search stands, as counts of its paths."""

    search: UUID
    found: int
    unfinished: int
    not_open: int
    first: int | None
    paused: int

    @property
    def is_over(self) -> bool:
        return bool(self.found) or not self.unfinished

    @property
    def to_open(self) -> int:
        """How many more paths may be asked now."""
        width = 1 if self.first == FIRST_ALONE else AT_ONCE
        room = width - (self.unfinished - self.not_open)
        return 0 if self.paused else min(room, self.not_open)


def settle(searches: Collection[UUID]) -> int:
    """Open the next paths of these locked searches, or close them. Returns how many were closed."""
    if not searches:
        return 0
    standings = _standings(searches)
    _skip_rest([each.search for each in standings if each.found and each.unfinished])
    for many in range(1, AT_ONCE + 1):
        _open([each.search for each in standings if not each.found and each.to_open == many], many)
    return _close([each.search for each in standings if each.is_over])


def _standings(searches: Collection[UUID]) -> list[_Standing]:
    """Only of searches that wait for their paths."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT p.id,
                COALESCE(SUM(CASE WHEN c.outcome = 'eligible' THEN 1 ELSE 0 END), 0),
                COALESCE(SUM(CASE WHEN {_UNFINISHED} THEN 1 ELSE 0 END), 0),
                COALESCE(SUM(CASE WHEN {_NOT_OPEN} THEN 1 ELSE 0 END), 0),
                MIN(CASE WHEN {_UNFINISHED} THEN c.line END),
                MAX(CASE WHEN b.paused_at IS NULL THEN 0 ELSE 1 END)
            FROM {TASK} p LEFT JOIN {TASK} c ON {_OF_THIS_ROUND}
            LEFT JOIN eligibility_batch b ON b.id = p.batch_id
            WHERE p.status = 'waiting' AND p.is_search AND {among("p.id")} GROUP BY p.id
            """,
            [many_uuids(searches)],
        )
        return [_Standing(python_uuid(pk), *counts) for pk, *counts in cursor.fetchall()]


def _open(searches: Collection[UUID], many: int) -> None:
    """Give the next paths of each search their place in line."""
    if not searches:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH next AS (
                SELECT c.id, row_number() OVER (PARTITION BY c.parent_id ORDER BY c.line) AS place
                FROM {TASK} p JOIN {TASK} c ON {_OF_THIS_ROUND}
                WHERE {_NOT_OPEN} AND {among("p.id")}
            )
            UPDATE {TASK} SET run_at = {clock.now()}, updated_at = {clock.now()}
            FROM next WHERE {TASK}.id = next.id AND next.place <= {many}
            """,
            [many_uuids(searches)],
        )


def _skip_rest(searches: Collection[UUID]) -> None:
    if searches:
        _stop(searches, actor="engine", why=FOUND_ELSEWHERE)


def cancel_paths(searches: Collection[UUID], *, actor: str) -> None:
    """Stop asking for these searches, which the caller has locked and cancelled.

    A call under way is kept as late.
    """
    if searches:
        _stop(searches, actor=actor, why=CANCELLED)


def _stop(searches: Collection[UUID], *, actor: str, why: str) -> None:
    open_paths = EligibilityTask.objects.of_searches(searches).exclude(status__in=FINAL)
    rows = list(open_paths.select_for_update().order_by("pk").values_list("pk", "status"))
    if rows:
        EligibilityTask.objects.with_ids([pk for pk, _ in rows]).cancel(why)
        add_events([(pk, before, Status.CANCELLED, actor, "skipped") for pk, before in rows])


def park(batch_id: UUID) -> int:
    """Take the paths of a paused batch's searches out of the line; those asked run to their end."""
    paths = EligibilityTask.objects.filter(
        parent__batch=batch_id, status=Status.PENDING, run_at__isnull=False
    )
    return paths.update(run_at=None, updated_at=Now())


def hurry(searches: QuerySet[EligibilityTask]) -> int:
    """Let the dispatcher look at these searches at its next beat."""
    waiting = searches.filter(is_search=True, status=Status.WAITING)
    return waiting.update(run_at=Now(), updated_at=Now())


def _rank() -> str:
    """Which path of a search prevails, as a number: an answer, then a failure, then none."""
    answers = [f"WHEN c.outcome = '{each.value}' THEN {n}" for n, each in enumerate(PREVAILING)]
    failures = [f"WHEN c.failure = '{each.value}' THEN {n}" for n, each in enumerate(FAILURES, 100)]
    return f"CASE {' '.join(answers + failures)} ELSE 999 END"


def _close(searches: Collection[UUID]) -> int:
    """End searches whose paths have ended, each where it still waits, with what prevails.

    Where nobody says yes and somebody did not answer the outcome is partial, never a no.
    """
    if not searches:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_close_statement(), [many_uuids(searches), NOBODY])
        closed = cursor.fetchall()
    add_events(
        [
            (python_uuid(pk), Status.WAITING, status, "engine", outcome or failure)
            for pk, status, outcome, failure in closed
        ]
    )
    return len(closed)


def _close_statement() -> str:
    failed = "CASE WHEN c.status = 'failed' THEN c.failure_message END"
    is_clear = (
        f"best.outcome = '{Outcome.ELIGIBLE.value}'"
        f" OR (best.outcome = '{Outcome.NOT_ELIGIBLE.value}' AND best.failed = 0)"
    )
    return f"""
        WITH best AS (
            SELECT p.id AS search, COALESCE(c.outcome, '') AS outcome,
                COALESCE(c.failure, '') AS failure, c.result_id AS result,
                COUNT({failed}) OVER (PARTITION BY p.id) AS failed,
                MIN({failed}) OVER (PARTITION BY p.id) AS message,
                MAX({failed}) OVER (PARTITION BY p.id) AS other_message,
                row_number() OVER (PARTITION BY p.id ORDER BY {_rank()}, c.line) AS place
            FROM {TASK} p LEFT JOIN {TASK} c ON {_OF_THIS_ROUND} WHERE {among("p.id")}
        )
        UPDATE {TASK} SET
            status = CASE WHEN best.outcome <> '' THEN 'done' ELSE 'failed' END,
            outcome = CASE WHEN best.outcome IN ('', 'eligible') OR best.failed = 0
                THEN best.outcome ELSE 'partial' END,
            failure = CASE WHEN best.outcome <> '' THEN '' WHEN best.failure <> ''
                THEN best.failure ELSE '{Failure.PAYER_UNSUPPORTED.value}' END,
            failure_message = CASE WHEN best.outcome <> '' THEN '' WHEN best.failed = 0 THEN %s
                WHEN best.message = best.other_message THEN best.message
                ELSE 'None of the ' || best.failed || ' payers asked has answered.' END,
            review = CASE WHEN {is_clear}
                THEN '{Review.NONE.value}' ELSE '{Review.NEEDS_ATTENTION.value}' END,
            result_question = CASE WHEN best.result IS NULL
                THEN {TASK}.result_question ELSE {TASK}.question_number END,
            result_id = COALESCE(best.result, {TASK}.result_id), interim = NULL,
            run_at = NULL, finished_at = {clock.now()}, version = {TASK}.version + 1,
            updated_at = {clock.now()}
        FROM best WHERE best.place = 1 AND {TASK}.id = best.search AND {TASK}.status = 'waiting'
        RETURNING {TASK}.id, {TASK}.status, {TASK}.outcome, {TASK}.failure
        """
