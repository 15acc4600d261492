"""New searches whose answer is known beforehand: the row goes straight to the payer.

The member directory names the payer (`engine.search.directory`). Only rows that are due now are
sent on, so that their answer can say so; a search for later asks that payer first, at its turn.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from eligibility import registry
from eligibility.engine.routes import Routes
from eligibility.engine.search import directory
from eligibility.engine.search.candidates import why_not
from eligibility.models import Connection, EligibilityTask
from eligibility.operations.answers import Fresh, Intake
from eligibility.payer_rules import SEARCH, PayerRules
from eligibility.rules import Checked


def send_to_known_payers(
    intake: Intake,
    fresh: Iterable[Fresh],
    loaded: registry.LoadedRegistry,
    connections: Iterable[Connection],
) -> None:
    """Make ordinary rows of the searches whose member is known to be with one payer.

    Asks the database nothing when there is no search among the rows; else once. `intake.sent_on`
    remembers which rows were searches.
    """
    if intake.scheduled_for is not None and intake.scheduled_for > intake.now:
        return
    searches = {
        index: row
        for index, row, _, _ in fresh
        if row.payer is not None and row.payer.kind == SEARCH and _is_for_now(intake, row)
    }
    keys = {index: _key(intake, row) for index, row in searches.items()}
    hints = directory.hints(set(keys.values()))
    if not hints:
        return
    codes = {pk: code for code, pk in loaded.ids.items()}
    routes = Routes(connections, is_production=intake.team.is_production)
    for index, checked in searches.items():
        payer_id = directory.known_payer(hints.get(keys[index], ()))
        if payer_id is None:
            continue
        payer = loaded.rules.find(codes.get(payer_id, ""))
        can_answer = routes.find(payer_id, is_search=False, test_mode=False) is not None
        if payer is not None and can_answer and _takes(payer, checked):
            _send_to(payer, checked)
            intake.sent_on.add(index)


def _is_for_now(intake: Intake, checked: Checked) -> bool:
    row, later = checked.row, checked.scheduled_for
    if row is None or row.test_mode or row.force:
        return False
    return bool(checked.search_key) and (later is None or later <= intake.now)


def _key(intake: Intake, checked: Checked) -> directory.Key:
    assert checked.row is not None
    return (intake.team.pk, checked.row.id_type, checked.search_key)


def _takes(payer: PayerRules, checked: Checked) -> bool:
    """Whether the search would ask this payer too."""
    assert checked.row is not None
    assert checked.payer is not None
    return payer.code in checked.payer.members and not why_not(payer, checked.row)


def _send_to(payer: PayerRules, checked: Checked) -> None:
    assert checked.row is not None
    checked.payer = payer
    checked.row.tpa_name = payer.code


def name_replayed_searches(
    intake: Intake,
    checked: list[Checked],
    task_ids: Mapping[int, UUID],
    fresh: Collection[int],
    loaded: registry.LoadedRegistry,
) -> None:
    """Say of rows that repeat an earlier search what that one is by now: a search, or a payer's.

    Asks the database once if there is such a row.
    """
    repeated = {
        index: task_id
        for index, task_id in task_ids.items()
        if index not in fresh and (_is_search(checked[index]) or index in intake.sent_on)
    }
    if not repeated:
        return
    asked = EligibilityTask.objects.with_ids(repeated.values()).values_list("pk", "payer__code")
    codes = dict(asked)
    for index, task_id in repeated.items():
        payer = loaded.rules.find(codes.get(task_id, ""))
        if payer is not None:
            _send_to(payer, checked[index])


def _is_search(checked: Checked) -> bool:
    return checked.payer is not None and checked.payer.is_search
