"""A check's page: the front-desk card first, then everything behind it."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from eligibility.admin.acting import cancel, own_task, own_tasks_and_paths, rerun
from eligibility.admin.badges import status_badge
from eligibility.admin.links import address, batch_address, fix_address, task_address, tasks_address
from eligibility.admin.task_parts import (
    answer_parts,
    attempt_parts,
    chain_parts,
    event_parts,
    request_parts,
)
from eligibility.admin.task_paths import earlier_lines, lines_of
from eligibility.admin.task_view import TaskView, read_task
from eligibility.choices import Status
from eligibility.models import EligibilityTask
from eligibility.operations import preview_cancel, preview_retry
from eligibility.presentation import moves
from eligibility.presentation.moves import EARLIER_STAYS, LATE_IS_KEPT
from portal import audit
from portal.admin_site import Capability, Page, confirm, is_confirmed, page
from portal.models import Verb
from portal.roles import can

_CRUMB = ("Checks", "admin:eligibility_eligibilitytask_changelist")


def title_of(task: EligibilityTask) -> str:
    """What a page calls a check: never by its patient."""
    return f"Check …{task.pk.hex[-8:]}"


def show_task(
    request: HttpRequest, site: Any, pk: UUID, *, revealed: bool = False, live: bool = False
) -> HttpResponse:
    """The page, or with `live` only its part that changes by itself."""
    with_raw = can(request.user, Capability.SEE_RAW)
    view = read_task(
        own_tasks_and_paths(request), pk, now=timezone.now(), with_raw=with_raw, revealed=revealed
    )
    context = task_context(view, with_raw=with_raw)
    if live:
        return TemplateResponse(request, "eligibility/task_live.html", context)
    crumbs = [{"title": _CRUMB[0], "link": tasks_address()}]
    whole = {**site.each_context(request), "title": title_of(view.task), "crumbs": crumbs}
    return TemplateResponse(request, "eligibility/task.html", {**whole, **context})


def task_context(view: TaskView, *, with_raw: bool) -> dict[str, Any]:
    """What the templates are made from."""
    task = view.task
    return {
        "task": task,
        "card": view.card(),
        "standing": view.standing(),
        "is_earlier": view.is_earlier,
        "is_final": view.is_final,
        "tag": view.tag,
        "status": status_badge(task.status),
        "revealed": view.mask.revealed,
        "identifier": view.mask.text(task.id_value),
        "batch_link": batch_address(task.batch_id) if task.batch_id else "",
        "links": _links(view),
        "answer": answer_parts(view),
        "request_parts": request_parts(view),
        "attempts": attempt_parts(view, with_raw=with_raw),
        "chain": chain_parts(view),
        "events": event_parts(view),
        "paths": lines_of(task, view.children),
        "earlier_paths": earlier_lines(task, view.children),
        "search_link": task_address(task.parent_id) if task.parent_id else "",
    }


def _links(view: TaskView) -> dict[str, str]:
    """Where the buttons lead; empty for what this check's state does not allow.

    One payer of a search has none: the search is fixed, re-run and cancelled as a whole.
    """
    pk, status = view.task.pk, view.task.status
    if view.task.parent_id is not None:
        return {}
    return {
        "live": "" if view.is_final else address("eligibility_task_live", pk),
        "rerun": address("eligibility_task_rerun", pk) if view.is_final else "",
        "cancel": "" if view.is_final else address("eligibility_task_cancel", pk),
        "fix": "" if status in (Status.RUNNING, Status.WAITING) else fix_address(pk),
        "reveal": "" if view.mask.revealed else address("eligibility_task_reveal", pk),
        "hide": task_address(pk) if view.mask.revealed else "",
    }


class TaskPage(Page):
    """Something about one check of the person's clinics."""

    crumbs = (_CRUMB,)

    @property
    def task(self) -> EligibilityTask:
        """The check that the address names. Raises Http404."""
        return own_task(self.request, self.kwargs["pk"])


@page("eligibility/eligibilitytask/<uuid:pk>/live/", name="eligibility_task_live")
class LiveTask(TaskPage):
    """The part of a check's page that changes by itself, for the page's script."""

    title = "Check"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """As it is now."""
        return show_task(request, self.admin_site, self.task.pk, live=True)


class TaskVerb(TaskPage):
    """Asks, then does it, and leads back to the check."""

    question: ClassVar[str]
    fact: ClassVar[str]
    button: ClassVar[str]
    danger: ClassVar[bool] = False

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page that asks."""
        task = self.task
        return confirm(
            request,
            self.admin_site,
            title=f"{self.title} · {title_of(task)}",
            question=self.question,
            facts=[*self.hindrances(task), self.fact],
            button=self.button,
            back=task_address(task.pk),
            danger=self.danger,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Do it, if the button was this page's or the check's own."""
        if not is_confirmed(request):
            return self.get(request)
        task = self.task
        said = self.act(request, task)
        messages.success(request, said)
        return redirect(task_address(task.pk))

    def hindrances(self, task: EligibilityTask) -> list[str]:
        """Why it would not move; empty when it would."""
        return []

    def act(self, request: HttpRequest, task: EligibilityTask) -> str:
        """Do it and say what changed."""
        return ""


def _only(task: EligibilityTask) -> Any:
    return EligibilityTask.objects.filter(pk=task.pk)


@page(
    "eligibility/eligibilitytask/<uuid:pk>/rerun/",
    name="eligibility_task_rerun",
    capability=Capability.RERUN,
)
class RerunTask(TaskVerb):
    """Ask the payer anew."""

    title = "Re-run"
    question = "Ask the payer again about this check?"
    fact = EARLIER_STAYS
    button = "Re-run the check"

    def hindrances(self, task: EligibilityTask) -> list[str]:
        """It may be on its way already."""
        return moves.stays(preview_retry(tasks=_only(task)).stayed)

    def act(self, request: HttpRequest, task: EligibilityTask) -> str:
        """Back in line, ahead of nobody."""
        moved = rerun(request, _only(task))
        return moves.outcome(moved.moved, "in line again", moved.stayed)


@page(
    "eligibility/eligibilitytask/<uuid:pk>/cancel/",
    name="eligibility_task_cancel",
    capability=Capability.CANCEL,
)
class CancelTask(TaskVerb):
    """Take it out of the line for good."""

    title = "Cancel"
    question = "Cancel this check?"
    fact = LATE_IS_KEPT
    button = "Cancel the check"
    danger = True

    def hindrances(self, task: EligibilityTask) -> list[str]:
        """It may have been answered already."""
        return moves.stays(preview_cancel(tasks=_only(task)).stayed)

    def act(self, request: HttpRequest, task: EligibilityTask) -> str:
        """Cancelled, unless it was answered meanwhile."""
        moved = cancel(request, _only(task))
        return moves.outcome(moved.moved, "cancelled", moved.stayed)


@page(
    "eligibility/eligibilitytask/<uuid:pk>/reveal/",
    name="eligibility_task_reveal",
    capability=Capability.REVEAL,
)
class RevealTask(TaskVerb):
    """Show identifiers and phone in full, in the answer to this one request."""

    title = "Reveal"
    question = "Show the identifiers and the phone number in full?"
    fact = "This is noted in the audit log under your name. The next page is masked again."
    button = "Show them"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Note it, then show the page itself: no address shows it again."""
        if not is_confirmed(request):
            return self.get(request)
        task = self.task
        audit.record(verb=Verb.REVEALED, actor=audit.actor_of(request), obj=task)
        return show_task(request, self.admin_site, task.pk, revealed=True)


__all__ = ["CancelTask", "LiveTask", "RerunTask", "RevealTask", "show_task", "title_of"]
