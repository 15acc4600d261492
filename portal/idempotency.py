"""One answer to a request that is sent several times: the verbs on its record.

`begin` commits the in-flight mark before the work starts; `keep` writes the answer in the work's
own transaction, so that there is either both or neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models.functions import Now

from portal.errors import ApiError, ErrorCode
from portal.models import IdempotencyRecord
from portal.models.idempotency import LEASE

_MOST_PRUNED = 500


@dataclass(frozen=True, slots=True)
class Posted:
    """What names a POST: whose, where, under which key, and a digest of what it says."""

    team_id: str
    method: str
    path: str
    key: str
    digest: str
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Ticket:
    """The right to answer one POST, for the length of its lease."""

    record_id: int
    run: int


@dataclass(frozen=True, slots=True)
class Kept:
    """The answer that was given before."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def begin(posted: Posted) -> Ticket | Kept:
    """Mark the POST as in flight, or give its earlier answer back.

    Raises ApiError: 422 when the key was used for another body, 409 while the first is running.
    """
    record, is_new = IdempotencyRecord.objects.get_or_create(
        team_id=posted.team_id,
        method=posted.method,
        path=posted.path,
        key=posted.key,
        defaults={
            "digest": posted.digest,
            "request_id": posted.request_id,
            "lease_until": Now() + LEASE,
        },
    )
    if is_new:
        return Ticket(record.pk, record.run)
    same_run = IdempotencyRecord.objects.filter(pk=record.pk, run=record.run)
    if same_run.expired().take(digest=posted.digest, request_id=posted.request_id):
        return Ticket(record.pk, record.run + 1)
    if record.digest != posted.digest:
        raise _used_for_another()
    if record.status is not None and record.body is not None:
        return Kept(record.status, record.headers, bytes(record.body))
    if same_run.abandoned().take(digest=posted.digest, request_id=posted.request_id):
        return Ticket(record.pk, record.run + 1)
    raise _in_flight()


def keep(ticket: Ticket, answer: Kept) -> None:
    """Store the answer. Belongs to the work's own transaction.

    Raises ApiError 409, and with it takes the work back, when the lease ended and a repeat of
    the request has begun meanwhile.
    """
    mine = IdempotencyRecord.objects.filter(pk=ticket.record_id, run=ticket.run)
    if not mine.answer(answer.status, dict(answer.headers), answer.body):
        raise _in_flight()


def let_go(ticket: Ticket) -> None:
    """The request could not be answered: the next one under its key begins at once."""
    IdempotencyRecord.objects.filter(pk=ticket.record_id, run=ticket.run).let_go()


def prune() -> int:
    """Delete some of the answers that are not given again. Returns how many."""
    old = IdempotencyRecord.objects.expired().values_list("pk", flat=True)[:_MOST_PRUNED]
    deleted, _ = IdempotencyRecord.objects.filter(pk__in=list(old)).delete()
    return deleted


def _used_for_another() -> ApiError:
    message = "This Idempotency-Key was used for another request. Use a new key for a new request."
    return ApiError(ErrorCode.IDEMPOTENCY_KEY_REUSED, message)


def _in_flight() -> ApiError:
    message = "A request with this Idempotency-Key is still running. Ask again for its answer."
    return ApiError(ErrorCode.CONFLICT, message, headers={"Retry-After": "1"})
