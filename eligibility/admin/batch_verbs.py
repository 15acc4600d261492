"""What people do with a batch, each after a page that says how many rows will move."""

from __future__ import annotations

from collections import Counter
from typing import Any, ClassVar

from django.contrib import messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from eligibility.admin.acting import own_batch
from eligibility.admin.batch_counts import Tally, tallies
from eligibility.admin.batch_page import CRUMB
from eligibility.admin.links import batch_address
from eligibility.admin.names import batch_name
from eligibility.choices import FINAL, Failure, Status
from eligibility.models import Batch, EligibilityTask
from eligibility.operations import (
    Moved,
    cancel_batch,
    pause_batch,
    resume_batch,
    retry_tasks,
    run_batch,
)
from eligibility.presentation import moves
from eligibility.presentation.failures import FAILURES
from portal import audit
from portal.admin_site import Capability, Page, confirm, is_confirmed, page
from portal.models import Verb

_ENDED = "answered, failed or cancelled already"
_ASKED = "already asked, and run to their end"


class BatchVerb(Page):
    """Asks, then does it, writes it into the audit log, and leads back to the batch.

    `asks` is the question, with a place for "24 checks".
    """

    crumbs = (CRUMB,)
    asks: ClassVar[str]
    button: ClassVar[str]
    did: ClassVar[str]
    verb: ClassVar[Verb]
    danger: ClassVar[bool] = False
    facts: ClassVar[tuple[str, ...]] = ()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page that asks."""
        batch = own_batch(request, self.kwargs["pk"])
        preview = self.preview(batch)
        return confirm(
            request,
            self.admin_site,
            title=f"{self.title}: {batch_name(batch)}",
            question=self.asks.format(moves.checks(preview.moved)),
            facts=[*moves.stays(preview.stayed), *self.further_facts()],
            button=self.button,
            back=batch_address(batch.pk),
            fields=self.kept_fields(),
            danger=self.danger,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Do it, if it was asked about."""
        if not is_confirmed(request):
            return self.get(request)
        batch = own_batch(request, self.kwargs["pk"])
        with transaction.atomic():
            stayed = self.preview(batch).stayed
            moved = self.act(batch)
            self._note(batch, moved)
        tell = messages.success if moved else messages.warning
        tell(request, moves.outcome(moved, self.did, stayed))
        return redirect(batch_address(batch.pk))

    def _note(self, batch: Batch, moved: int) -> None:
        details = {"rows": moved, **dict(self.kept_fields())}
        actor = audit.actor_of(self.request)
        audit.record(verb=self.verb, actor=actor, obj=batch, details=details)

    @property
    def actor_id(self) -> str:
        """Who acts, as events name them."""
        user: Any = self.request.user
        return str(user.pk)

    def preview(self, batch: Batch) -> Moved:
        """How many rows would move, and why the others would not."""
        return Moved(0)

    def act(self, batch: Batch) -> int:
        """Do it; how many rows moved."""
        return 0

    def further_facts(self) -> tuple[str, ...]:
        """What else is worth knowing before."""
        return self.facts

    def kept_fields(self) -> list[tuple[str, str]]:
        """What the asking page hands on to the doing one."""
        return []


def _tally(batch: Batch) -> Tally:
    return tallies([batch.pk])[batch.pk]


def _ended(tally: Tally) -> int:
    return sum(tally.of(status) for status in FINAL)


def _of_pending(batch: Batch, moving: int, *, others: str = "") -> Moved:
    """So many of the pending rows move; `others` says why not the rest of them."""
    tally = _tally(batch)
    stayed = Counter({others: tally.of(Status.PENDING) - moving})
    stayed[_ASKED] = tally.of(Status.RUNNING) + tally.of(Status.WAITING)
    stayed[_ENDED] = _ended(tally)
    return Moved(moving, +stayed)


def _pending(batch: Batch) -> QuerySet[EligibilityTask]:
    return EligibilityTask.objects.filter(batch=batch, parent=None, status=Status.PENDING)


@page(
    "eligibility/batch/<uuid:pk>/pause/",
    name="eligibility_batch_pause",
    capability=Capability.RERUN,
)
class PauseBatch(BatchVerb):
    """Take its rows out of the line."""

    title = "Pause"
    asks = "Take {} out of the line?"
    button = "Pause the batch"
    did = "out of the line"
    verb = Verb.PAUSED
    facts = ("Nothing is lost: “Resume” puts them back.",)

    def preview(self, batch: Batch) -> Moved:
        """Pending rows stop; rows already asked do not."""
        return _of_pending(batch, _pending(batch).count())

    def act(self, batch: Batch) -> int:
        """Pause."""
        return pause_batch(batch=batch)


@page(
    "eligibility/batch/<uuid:pk>/resume/",
    name="eligibility_batch_resume",
    capability=Capability.RERUN,
)
class ResumeBatch(BatchVerb):
    """Put its rows back in line."""

    title = "Resume"
    asks = "Put {} back in line?"
    button = "Resume the batch"
    did = "back in line"
    verb = Verb.RESUMED
    facts = ("Each takes its own earliest time: a batch for tonight still waits for tonight.",)

    def preview(self, batch: Batch) -> Moved:
        """The rows that the pause took out."""
        parked = _pending(batch).filter(run_at=None).count() if batch.paused_at else 0
        return _of_pending(batch, parked, others="already in line")

    def act(self, batch: Batch) -> int:
        """Resume."""
        return resume_batch(batch=batch)


@page("eligibility/batch/<uuid:pk>/run/", name="eligibility_batch_run", capability=Capability.RERUN)
class RunBatch(BatchVerb):
    """Make it due now."""

    title = "Run now"
    asks = "Ask about {} now?"
    button = "Run the batch now"
    did = "due now"
    verb = Verb.STARTED
    facts = ("The batch no longer waits for its hour.",)

    def preview(self, batch: Batch) -> Moved:
        """Rows whose time is still to come."""
        later = _pending(batch).filter(Q(run_at=None) | Q(run_at__gt=timezone.now())).count()
        return _of_pending(batch, later, others="due already")

    def act(self, batch: Batch) -> int:
        """Run."""
        return run_batch(batch=batch)


@page(
    "eligibility/batch/<uuid:pk>/cancel/",
    name="eligibility_batch_cancel",
    capability=Capability.CANCEL,
)
class CancelBatch(BatchVerb):
    """Cancel what has not ended."""

    title = "Cancel"
    asks = "Cancel {} of this batch?"
    button = "Cancel the rest"
    did = "cancelled"
    verb = Verb.CANCELLED
    danger = True
    facts = (moves.LATE_IS_KEPT, "Cancelled checks can be re-run one by one.")

    def preview(self, batch: Batch) -> Moved:
        """Everything without a final state."""
        tally = _tally(batch)
        return Moved(tally.total - _ended(tally), +Counter({_ENDED: _ended(tally)}))

    def act(self, batch: Batch) -> int:
        """Cancel."""
        return cancel_batch(batch=batch, actor=self.actor_id)


@page(
    "eligibility/batch/<uuid:pk>/rerun/",
    name="eligibility_batch_rerun",
    capability=Capability.RERUN,
)
class RerunBatch(BatchVerb):
    """Ask again about its failed rows: all of them, or those of one cause."""

    title = "Re-run failed"
    asks = "Ask the payers again about {}?"
    button = "Re-run them"
    did = "in line again"
    verb = Verb.RERUN
    facts = (moves.EARLIER_STAYS,)
    _CAUSE = ("payer", "failure")

    def kept_fields(self) -> list[tuple[str, str]]:
        """The cause, if the button was that of one."""
        given = self.request.POST if self.request.method == "POST" else self.request.GET
        found = [(name, given.get(name, "")) for name in self._CAUSE]
        return [(name, value) for name, value in found if value and "\0" not in value]

    def further_facts(self) -> tuple[str, ...]:
        """What becomes of rows that nobody has corrected."""
        failure = dict(self.kept_fields()).get("failure", "")
        unchanged = FAILURES[Failure(failure)].unchanged if failure in Failure.values else ""
        return (*((unchanged,) if unchanged else ()), *self.facts)

    def preview(self, batch: Batch) -> Moved:
        """The failed rows of the cause; every other row stays."""
        tally, moving = _tally(batch), self._failed(batch).count()
        others = tally.of(Status.FAILED) - moving
        rest = tally.total - tally.of(Status.FAILED)
        stayed = Counter({"failed for another cause": others, "not failed": rest})
        return Moved(moving, +stayed)

    def act(self, batch: Batch) -> int:
        """Re-run."""
        return retry_tasks(tasks=self._failed(batch), actor=self.actor_id).moved

    def _failed(self, batch: Batch) -> QuerySet[EligibilityTask]:
        cause = dict(self.kept_fields())
        rows = EligibilityTask.objects.filter(batch=batch, parent=None, status=Status.FAILED)
        if "payer" in cause:
            rows = rows.filter(payer__code=cause["payer"])
        return rows.filter(failure=cause["failure"]) if "failure" in cause else rows
