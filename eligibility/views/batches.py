"""The REST faces of batches: lists, and what staff do with a whole batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from eligibility import operations, wire
from eligibility.choices import BatchStatus
from eligibility.models import Batch
from eligibility.openapi import work_pages as pages
from eligibility.querysets import batch_status
from portal.api.done import done
from portal.api.idempotent import idempotent
from portal.api.ids import ids_in
from portal.api.newest import newest_page
from portal.api.views import ApiViewSet
from portal.errors import ApiError, ErrorCode, not_found
from portal.models import Scope

_ENDED = (BatchStatus.COMPLETED, BatchStatus.CANCELLED)


class BatchViewSet(ApiViewSet):
    """The clinic's batches. Those of other clinics are not there."""

    required_scopes = {
        "list": Scope.ELIGIBILITY_READ,
        "retrieve": Scope.ELIGIBILITY_READ,
        "pause": Scope.ELIGIBILITY_WRITE,
        "resume": Scope.ELIGIBILITY_WRITE,
        "cancel": Scope.ELIGIBILITY_WRITE,
    }

    @pages.list_batches
    def list(self, request: Request) -> Response:
        """The clinic's batches, newest first."""
        now = timezone.now()
        return Response(
            newest_page(self._batches(), request, lambda found: wire.batch(found, now=now))
        )

    @pages.get_batch
    def retrieve(self, request: Request, batch_id: str) -> Response:
        """One batch, without its rows."""
        return Response(wire.batch(self._find(batch_id), now=timezone.now()))

    @pages.pause_batch
    @idempotent
    def pause(self, request: Request, batch_id: str) -> Response:
        """Take its rows out of the line."""
        return self._do(batch_id, operations.pause_batch, "Batch paused.")

    @pages.resume_batch
    @idempotent
    def resume(self, request: Request, batch_id: str) -> Response:
        """Put its rows back in line."""
        return self._do(batch_id, operations.resume_batch, "Batch resumed.")

    @pages.cancel_batch
    @idempotent
    def cancel(self, request: Request, batch_id: str) -> Response:
        """Cancel every row that has no final state."""

        def cancel(*, batch: Batch) -> int:
            return operations.cancel_batch(batch=batch, actor=self.caller.actor_id)

        return self._do(batch_id, cancel, "Batch cancelled.")

    def _do(self, batch_id: str, verb: Callable[..., int], message: str) -> Response:
        """Carry it out; a batch that is in that state already stays so, one that ended refuses."""
        batch = self._find(batch_id)
        status = batch_status(batch, timezone.now())
        if status in _ENDED:
            raise ApiError(ErrorCode.CONFLICT, f"The batch is {status.label.lower()} already.")
        rows = verb(batch=batch)
        shown = wire.batch(self._find(batch_id), now=timezone.now())
        return Response(done(message, batch=shown, rows=rows))

    def _find(self, batch_id: str) -> Any:
        batch = self._batches().filter(pk__in=ids_in(batch_id)).first()
        if batch is None:
            raise not_found("batch")
        return batch

    def _batches(self) -> Any:
        return Batch.objects.filter(clinic=self.caller.clinic).with_counts()
