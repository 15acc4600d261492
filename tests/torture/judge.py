"""The judgement: what the database says, against what the client and the payer saw.

The portal's own `check_invariants` is one witness among several; the others know nothing of it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from tests.torture.payer import GIGABYTE, HostilePayer, Seen
from tests.torture.posts import judge_posts, stored_checks, stored_records
from tests.torture.requests import Request, Wanted
from tests.torture.verdicts import MOST_SHOWN, Verdict

MOST_MEGABYTES = GIGABYTE / 16
"""What a reader that stops at its cap can have cost at most, with every buffer on the way."""
FINAL = {"done", "failed", "cancelled"}
LOST = ("its lease ended", "its worker", "its call never ended", "its turn to be asked")
"""How the notes of events begin by which a row came back from a lost worker."""
WAITS = "Ask what became of our call"
"""The event's note when a call's fate is not known."""


@dataclass
class Evidence:
    """All that is judged, read once. Rows by id; children of searches among them.

    `deaths` says when the web process died that took a request, by the request's name.
    """

    requests: list[Request]
    payer: HostilePayer
    deaths: dict[str, str]
    tasks: dict[UUID, dict[str, Any]]
    attempts: dict[UUID, list[dict[str, Any]]]
    events: dict[UUID, list[tuple[str, str, str]]]

    def wanted_for(self, pk: UUID) -> Wanted | None:
        """The row of a request that this one is, or is a path of."""
        row = self.tasks[pk]
        top = self.tasks[row["parent_id"]] if row["parent_id"] else row
        return self.wanted.get(top["id_value"])

    @cached_property
    def wanted(self) -> dict[str, Wanted]:
        """Every good row that was sent, by its mark."""
        return {each.mark: each for request in self.requests for each in request.good}


def gather(requests: list[Request], payer: HostilePayer, deaths: dict[str, str]) -> Evidence:
    """Read the database."""
    from eligibility.models import Attempt, EligibilityTask, TaskEvent

    fields = (
        *("id", "status", "outcome", "failure", "id_value", "batch_id", "parent_id", "is_search"),
        *("result__attempt_id", "crashes"),
    )
    tasks = {row["id"]: row for row in EligibilityTask.objects.values(*fields)}
    attempts: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    kept = ("id", "task_id", "number", "state", "failure", "code", "looks", "late")
    for row in Attempt.objects.order_by("task_id", "number").values(*kept):
        attempts[row["task_id"]].append(row)
    events: dict[UUID, list[tuple[str, str, str]]] = defaultdict(list)
    for task_id, before, after, note in TaskEvent.objects.order_by("pk").values_list(
        "task_id", "before", "after", "note"
    ):
        events[task_id].append((before, after, note))
    return Evidence(requests, payer, deaths, tasks, attempts, events)


def judge(evidence: Evidence) -> list[Verdict]:
    """Every verdict."""
    return [
        *_own_invariants(),
        _all_ended(evidence),
        *judge_posts(
            evidence.requests,
            stored_checks(evidence.tasks.values()),
            stored_records(),
            evidence.deaths,
        ),
        _ended_once(evidence),
        _answers_are_the_payers(evidence),
        _late_answers(evidence),
        *_calls(evidence),
        *_limits(evidence.payer),
    ]


def _own_invariants() -> list[Verdict]:
    from eligibility.engine import invariants

    return [
        Verdict(
            f"{found.invariant.name}: {found.invariant.promise}",
            found.examined,
            found.count,
            found.ids[:MOST_SHOWN],
        )
        for found in invariants.check()
    ]


def _all_ended(evidence: Evidence) -> Verdict:
    tasks = evidence.tasks.values()
    left = [row["id"] for row in tasks if row["status"] not in FINAL]
    return Verdict.of("every row has ended", len(evidence.tasks), left)


def _ended_once(evidence: Evidence) -> Verdict:
    """One move to an end in each row's history, and nothing after it."""
    offenders = []
    for pk in evidence.tasks:
        ends = [after in FINAL for _, after, _ in evidence.events.get(pk, [])]
        if ends.count(True) != 1 or not ends[-1]:
            offenders.append(pk)
    return Verdict.of("every row ended exactly once", len(evidence.tasks), offenders)


def _answers_are_the_payers(evidence: Evidence) -> Verdict:
    """What a done row says is what the payer meant for it, not for another member."""
    done = [
        row for row in evidence.tasks.values()
        if row["status"] == "done" and row["parent_id"] is None and not row["is_search"]
    ]  # fmt: skip
    wrong = [row["id"] for row in done if not _is_meant(evidence.wanted_for(row["id"]), row)]
    return Verdict.of("every answer is the one the payer has for that row", len(done), wrong)


def _is_meant(wanted: Wanted | None, row: dict[str, Any]) -> bool:
    return wanted is not None and row["outcome"] == wanted.outcome


def _late_answers(evidence: Evidence) -> Verdict:
    late = [row for rows in evidence.attempts.values() for row in rows if row["late"]]
    touched = [
        row["task_id"] for row in late
        if evidence.tasks[row["task_id"]]["result__attempt_id"] == row["id"]
        or evidence.tasks[row["task_id"]]["status"] not in FINAL
    ]  # fmt: skip
    return Verdict.of("no late answer touched its row", len(late), touched)


def _calls(evidence: Evidence) -> list[Verdict]:
    """The payer's ledger against the intents."""
    ledger = {UUID(reference): calls for reference, calls in evidence.payer.ledger.items()}
    unknown = [pk for pk in ledger if pk not in evidence.tasks]
    total = sum(map(len, ledger.values()))
    doubled, unexplained, repeats = [], [], 0
    for pk, calls in ledger.items():
        attempts = evidence.attempts.get(pk, [])
        submits = sum(call.kind == "submit" for call in calls)
        if submits > len(attempts) or len(calls) > sum(row["looks"] for row in attempts):
            doubled.append(pk)
        repeats += max(len(calls) - 1, 0)
        if not (_is_explained(evidence, pk, submits) and _has_reason(evidence, pk, calls)):
            unexplained.append(pk)
    return [
        Verdict.of("nobody was asked about that is not stored", len(ledger), unknown),
        Verdict.of("no call without an intent of its own", total, doubled),
        Verdict.of("every repeated call is explained", repeats, unexplained),
    ]


def _is_explained(evidence: Evidence, pk: UUID, submits: int) -> bool:
    """Each conversation before the last has failed: by an answer, or with its worker."""
    earlier = evidence.attempts.get(pk, [])[: max(submits - 1, 0)]
    return all(row["state"] == "failed" and row["failure"] for row in earlier)


def _has_reason(evidence: Evidence, pk: UUID, calls: list[Seen]) -> bool:
    """A call after the first has a reason that others than the portal know, or was too slow.

    The payer did something to an earlier one, the row's script asks for it, the row was lost
    with its worker; or the conversations before ended by the portal's own patience.
    """
    if len(calls) < 2 or any(call.fault for call in calls[:-1]):
        return True
    if any(note.startswith(LOST) for _, _, note in evidence.events.get(pk, [])):
        return True
    wanted = evidence.wanted_for(pk)
    if wanted is None or not wanted.is_plain:
        return True
    return any(row["failure"] == "timeout" for row in evidence.attempts.get(pk, [])[:-1]) or any(
        note == WAITS for _, _, note in evidence.events.get(pk, [])
    )


def _limits(payer: HostilePayer) -> list[Verdict]:
    too_much = [payer.most_megabytes] if payer.most_megabytes > MOST_MEGABYTES else []
    redirects = payer.faults["redirect"]
    return [
        Verdict.of("no redirect was followed", redirects, range(payer.followed_redirects)),
        Verdict.of("nobody read 1 GB (megabytes that were taken)", payer.faults["1 GB"], too_much),
    ]


def repeats(evidence: Evidence) -> dict[str, int]:
    """Why calls were repeated: the reasons that conversations before the last ended by."""
    reasons: Counter[str] = Counter()
    for pk, attempts in evidence.attempts.items():
        notes = [note for _, _, note in evidence.events.get(pk, [])]
        reasons["looks again after a kill, a stop or an expired lease"] += sum(
            note.startswith(LOST) for note in notes
        )
        for row in attempts[:-1]:
            reasons[f"asked again after: {row['failure']}"] += 1
    return dict(reasons)
