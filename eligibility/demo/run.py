"""One run of the demo: send the sample, follow its batch to the end, count."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone

from eligibility.choices import Outcome
from eligibility.demo.cast import Cast
from eligibility.demo.client import Client, answers
from eligibility.demo.process import Process
from eligibility.demo.sample import sample_rows
from eligibility.demo.stage import Stage
from eligibility.demo.summary import Summary, reasons
from eligibility.demo.tally import Tally, stragglers, tally
from eligibility.models import EligibilityTask, WorkerHost

READY_WITHIN: Final = 60.0
_LOOK_EVERY = 0.1
_BAR = 30


class TookTooLong(Exception):
    """Something did not happen in time; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The sample as it was taken: its batch, the answer's counts, and when it was sent.

    `at` is in monotonic seconds.
    """

    rows: int
    batch_id: UUID
    accepted: int
    rejected: int
    errors: list[dict[str, object]]
    at: float


def wait_until_ready(stage: Stage, client: Client, workers: Process) -> None:
    """Wait until web server, workers and synthetic payer do their work. Raises TookTooLong."""
    host = WorkerHost.objects.filter(pid=workers.pid, answered_at__isnull=False)
    asked: dict[str, Callable[[], bool]] = {
        "web server": client.is_healthy,
        "workers": host.exists,
        "synthetic payer": lambda: answers(f"{host[0].synthetic_url}/health"),
    }
    ends_at = time.monotonic() + READY_WITHIN
    for name, is_ready in asked.items():
        while not is_ready():
            if time.monotonic() > ends_at:
                raise TookTooLong(f"The {name} did not get ready in {READY_WITHIN:.0f} s.")
            stage.pause(_LOOK_EVERY)


def send_sample(client: Client, cast: Cast) -> Sent:
    """Send the sample through the bulk endpoint. Raises Refused."""
    tomorrow = timezone.localdate(timezone=cast.clinic.zone) + timedelta(days=1)
    rows = sample_rows(first_day=tomorrow, run=cast.run)
    at = time.monotonic()
    data = client.create_tasks(rows)
    first = EligibilityTask.objects.get(pk=data["tasks"][0]["task_id"])
    assert first.batch_id is not None
    return Sent(
        rows=len(rows),
        batch_id=first.batch_id,
        accepted=data["total_created"],
        rejected=data.get("total_errors", 0),
        errors=data.get("errors", []),
        at=at,
    )


def follow(stage: Stage, sent: Sent, *, within: float, progress: Callable[[str], None]) -> Summary:
    """Wait until every accepted row is final. Raises TookTooLong with the rows that are not."""
    try:
        count, seconds = _wait_for_all(stage, sent, within, progress)
    finally:
        progress("")
    return Summary(
        sent=sent.rows,
        accepted=sent.accepted,
        rejected=sent.rejected,
        reasons=reasons(sent.errors),
        tally=count,
        seconds=seconds,
    )


def _wait_for_all(
    stage: Stage, sent: Sent, within: float, progress: Callable[[str], None]
) -> tuple[Tally, float]:
    """The last count, and the seconds since the rows were sent."""
    while True:
        count = tally(sent.batch_id)
        seconds = time.monotonic() - sent.at
        progress(_progress(count, seconds))
        if not count.open:
            return count, seconds
        if seconds > within:
            missing = "\n".join(f"  {line}" for line in stragglers(sent.batch_id))
            raise TookTooLong(f"Not every row was final after {seconds:.0f} s:\n{missing}")
        stage.pause(_LOOK_EVERY)


def an_answered_task(sent: Sent) -> UUID:
    """A row to look at: the first that a payer said yes to, or else the first of all."""
    rows = EligibilityTask.objects.filter(batch=sent.batch_id).order_by("is_search", "line")
    chosen = rows.filter(outcome=Outcome.ELIGIBLE).first() or rows[0]
    return chosen.pk


def _progress(count: Tally, seconds: float) -> str:
    """ "  ██████░░░░  231 of 381 answered, 4 s"."""
    full = round(_BAR * count.final / max(count.total, 1))
    bar = "█" * full + "░" * (_BAR - full)
    return f"  {bar}  {count.final} of {count.total} rows, {seconds:.0f} s"


def show_progress(line: str) -> None:
    """Redraw the one progress line on a terminal; nothing anywhere else."""
    if sys.stdout.isatty():
        sys.stdout.write(f"\r\x1b[K{line}")
        sys.stdout.flush()
