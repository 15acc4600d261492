"""Two portals, two databases, two ports: one asks the other, which asks its own payer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest

from eligibility.choices import IN_LINE, Failure, Status
from eligibility.connectors.base import Call, Pending, Query, Secrets
from eligibility.connectors.http_json.presets import PRESETS
from eligibility.connectors.registry import get_connector
from eligibility.engine import leases
from eligibility.engine.drain import Drain
from eligibility.engine.runner import payer_session
from eligibility.models import Attempt, Connection, EligibilityTask
from eligibility.operations.probes import probe_connection
from eligibility.operations.secrets import set_secret
from portal import audit
from tests.eligibility.engine.helpers import again, make_batch, make_lane, make_row, make_rows
from tests.eligibility.other_portal import OtherPortal, other_portal

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.whole]

GATEWAY = PRESETS["gateway"].settings
QUICK = {**GATEWAY, "reading": {**GATEWAY["reading"], "look_after_seconds": 0.2}}
OUTCOMES = ["eligible", "not_eligible", "member_not_found", "ambiguous_member", "undetermined"]
WITHIN = 90.0
NOT_CARRIED = {"policy.sponsor", "policy.end_is_placeholder", "networks.status"}
"""Parts of an answer that the contract between the portals has no place for."""


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OtherPortal]:
    with other_portal(tmp_path_factory.mktemp("other")) as portal:
        yield portal


@pytest.fixture
def lane(other: OtherPortal, settings: Any) -> Connection:
    settings.OUTGOING_ALLOW = ["127.0.0.0/8"]
    return make_gateway(other, other.key)


def make_gateway(other: OtherPortal, key: str) -> Connection:
    lane = make_lane(
        connector="http_json", settings=QUICK, base_url=other.url, deadline=20.0, give_up_after=90.0
    )
    set_secret(connection=lane, name="api_key", value=key, actor=audit.command("test"))
    return lane


def drain_until_done() -> None:
    ends_at = time.monotonic() + WITHIN
    while EligibilityTask.objects.filter(status__in=[*IN_LINE, Status.RUNNING]).exists():
        assert time.monotonic() < ends_at, "rows are left"
        leases.return_expired()
        if not Drain(worker="host:1", synthetic_url="").run():
            time.sleep(0.02)


def differences(theirs: Any, ours: Any, path: str = "") -> set[str]:
    """Where two answers differ, list positions left out."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        keys = theirs.keys() | ours.keys()
        found = [
            differences(theirs.get(key), ours.get(key), f"{path}.{key}".strip(".")) for key in keys
        ]
        return set().union(*found) if found else set()
    if isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        found = [differences(*pair, path) for pair in zip(theirs, ours, strict=True)]
        return set().union(*found) if found else set()
    return set() if theirs == ours else {path}


def script(outcome: str) -> dict[str, Any]:
    return {
        "extra_args": {"title": "synthetic", "value": f"delay=0;outcome={outcome}"},
        "visit_type": "OUTPATIENT",
    }


def test_single_rows_and_a_batch_have_the_other_portal_s_answers(
    lane: Connection, other: OtherPortal
) -> None:
    single = [make_row(lane, **script(outcome)) for outcome in OUTCOMES]
    batch = make_batch(lane)
    many = make_rows(
        lane, 20, each=lambda n: {**script(OUTCOMES[n % 5]), "id_value": f"B-{n}"}, batch=batch
    )

    drain_until_done()

    rows = [again(task) for task in [*single, *many]]
    theirs = other.answers()
    assert [row.outcome for row in rows] == OUTCOMES + OUTCOMES * 4
    for row in rows:
        outcome, answer = theirs[str(row.pk)]
        assert row.result is not None
        assert row.outcome == outcome
        assert differences(answer, row.result.answer) <= NOT_CARRIED


def test_a_question_that_is_sent_again_is_a_replay_there(
    lane: Connection, other: OtherPortal
) -> None:
    task = make_row(lane, **script("eligible"))
    drain_until_done()
    before = other.count("eligibility_eligibilitytask")
    connector = get_connector("http_json")
    settings = connector.settings_class.model_validate(QUICK)
    query = Query(
        reference=str(task.pk),
        payer="TPA002",
        id_type=task.id_type,
        id_value=task.id_value,
        **script("eligible"),
    )

    async def twice() -> list[Any]:
        async with payer_session("") as session:
            call = Call(session, other.url, secrets=Secrets({"api_key": other.key}))
            submit = await connector.submit(call, query, settings)
            return [submit, await connector.reconcile(call, query, settings)]

    replies = asyncio.run(twice())
    assert all(isinstance(reply, Pending) for reply in replies), replies
    assert replies[0].handle == replies[1].handle
    assert other.count("eligibility_eligibilitytask") == before


def test_what_the_other_portal_refuses_or_fails_is_told_in_our_classes(
    lane: Connection, other: OtherPortal
) -> None:
    refused = make_row(lane, id_type="PASSPORT", visit_type="NO SUCH VISIT")
    failed = make_row(
        lane,
        extra_args={"title": "synthetic", "value": "delay=0;failure=identity_mismatch"},
        visit_type="OUTPATIENT",
    )

    drain_until_done()

    assert again(refused).failure == Failure.INPUT_INVALID
    assert again(failed).failure == Failure.IDENTITY_MISMATCH
    assert not Attempt.objects.filter(raw__icontains=other.key).exists()


def test_a_test_call_knows_a_good_key_from_a_bad_one(lane: Connection, other: OtherPortal) -> None:
    lane.refresh_from_db()
    assert probe_connection(connection=lane) is None
    set_secret(connection=lane, name="api_key", value="ep_wrong_key", actor=audit.command("test"))
    lane.refresh_from_db()
    failed = probe_connection(connection=lane)
    assert failed is not None
    assert failed.failure is Failure.CREDENTIALS
