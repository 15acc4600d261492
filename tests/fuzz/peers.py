"""Two teams with rows of every kind, and each with a word that no other may ever read."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import requests

NAMES = ("PEARFISHER", "QUILLMAKER")
"""The words: in names, references, addresses and answers of one team each."""
ROWS = 6
BEHIND = "/v2/api-integration"
RECORDS = "/integrations/v2/resource-records"


@dataclass
class Peer:
    """One team: its word, its key, and the ids of its rows by the name of the path's parameter."""

    word: str
    key: str
    clinic: Any
    ids: dict[str, list[str]] = field(default_factory=dict)

    def some(self, name: str, chance: random.Random) -> str | None:
        """One of its ids for a parameter of this name; None when there is none."""
        found = self.ids.get(name)
        return chance.choice(found) if found else None


def make_peers(base_url: str) -> list[Peer]:
    """Both teams, furnished."""
    from eligibility.operations.setup import prepare_team
    from portal.models import ApiKey, Scope

    peers = []
    for word in NAMES:
        team, clinic = prepare_team(team=word, clinic=word)
        key = ApiKey.issue(
            team=team, name=word, scopes=tuple(Scope), clinics=[clinic], expires_at=None
        )[1]
        peers.append(Peer(word, key, clinic))
        furnish(peers[-1], base_url)
    return peers


def furnish(peer: Peer, base_url: str) -> None:
    """Give the team rows to find: pending, answered and rejected ones, records, webhooks."""
    tasks = _post(peer, base_url, f"{BEHIND}/bulk/create-tasks", _checks(peer))["data"]
    later = _checks(peer) | {"scheduled_for": "2026-12-31T08:00:00Z"}
    batch = _post(peer, base_url, f"{BEHIND}/schedule-tasks", later)["data"]["batch_id"]
    records = _post(peer, base_url, f"{RECORDS}/bulk", _practitioners(peer))["results"]
    hook = {"url": f"https://{peer.word.lower()}.example/in"}
    _forget_webhooks(peer)
    webhook_id = _post(peer, base_url, f"{BEHIND}/webhooks", hook)["data"]["webhook"]["id"]
    _answer_some(peer)
    peer.ids = {
        "task_id": [each["task_id"] for each in tasks["tasks"]],
        "batch_id": [batch],
        "submission_id": [tasks["submission_id"]],
        "record_id": [each["record"]["_id"] for each in records],
        "webhook_id": [webhook_id],
        "delivery_id": _deliveries(peer, webhook_id),
        "logical_id": [each["record"]["logicalId"] for each in records],
        "line": ["1"],
        "code": ["TPA002", "DHPO"],
    }


def _checks(peer: Peer) -> dict[str, Any]:
    row = {"id_type": "CARDNUMBER", "tpa_name": "TPA002", "visit_type": "OUTPATIENT"}
    good = [row | {"id_value": f"{peer.word}-{n}", "name": peer.word} for n in range(ROWS)]
    bad = row | {"id_value": peer.word, "visit_type": peer.word}
    return {"requests": [good[0], bad, *good[1:]]}


def _practitioners(peer: Peer) -> list[dict[str, Any]]:
    return [
        {
            "logicalId": f"L-{peer.word}-{random.getrandbits(64)}",
            "config": {"type": "practitioners", "id": f"{n}", "name": f"Dr. {peer.word}"},
        }
        for n in range(ROWS)
    ]


def _answer_some(peer: Peer) -> None:
    """Some rows have their end, with the word in the answer, and a webhook to be told."""
    from eligibility.models import EligibilityTask
    from portal.models import WebhookEndpoint, WebhookType
    from portal.webhooks import outbox
    from tests.factories import make_result

    newest = EligibilityTask.objects.filter(clinic=peer.clinic, status="pending").order_by("-pk")
    tasks = list(newest.filter(batch__scheduled_for=None)[: ROWS // 2])
    for task in tasks:
        make_result(task, member={"name": peer.word})
    for endpoint in WebhookEndpoint.objects.filter(team=peer.clinic.team):
        news = outbox.News(
            peer.clinic.team_id, peer.clinic.pk, WebhookType.TASK_DONE.value,
            tasks[0].pk, random.getrandbits(40), {"task_id": peer.word},
        )  # fmt: skip
        outbox.put_for(endpoint, news)


def _forget_webhooks(peer: Peer) -> None:
    """A team may have only so many."""
    from portal.models import WebhookDelivery, WebhookEndpoint

    WebhookDelivery.objects.filter(endpoint__team=peer.clinic.team).delete()
    WebhookEndpoint.objects.filter(team=peer.clinic.team).delete()


def _deliveries(peer: Peer, webhook: str) -> list[str]:
    from portal.models import WebhookDelivery

    found = WebhookDelivery.objects.filter(endpoint__pk=webhook)
    return [str(pk) for pk in found.values_list("pk", flat=True)]


def _post(peer: Peer, base_url: str, path: str, body: Any) -> Any:
    headers = {"Authorization": f"Bearer {peer.key}"}
    answer = requests.post(base_url + path, json=body, headers=headers, timeout=60)
    answer.raise_for_status()
    return answer.json()
