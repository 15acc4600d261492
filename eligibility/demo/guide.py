"""Where to go when the demo's rows are done: addresses, people, the key, two calls to try."""

from __future__ import annotations

import json
from uuid import UUID

from django.urls import Resolver404, resolve

from eligibility.demo.cast import Cast
from eligibility.demo.client import API, Client
from eligibility.demo.run import Sent, an_answered_task
from eligibility.identifiers import make_emirates_id

_QUESTION = {
    "id_type": "EMIRATESID",
    "id_value": make_emirates_id(1990, 1234567),
    "tpa_name": "TPA002",
    "visit_type": "OUTPATIENT",
}


def lines(client: Client, cast: Cast, sent: Sent) -> list[str]:
    """What there is while the demo serves."""
    return [*_pages(client), *who(cast), "", *_calls(client, cast, an_answered_task(sent))]


def who(cast: Cast) -> list[str]:
    """The people with their passwords, and the key."""
    people = [
        f"{person.username:<11} {person.password}   {person.role.label.partition(': ')[2]}"
        for person in cast.people
    ]
    key = [cast.key, f"for {cast.clinic} of {cast.team}"]
    return [*_under("staff", people), *_under("API key", key)]


def _pages(client: Client) -> list[str]:
    pages = {"begin with": "/api/start/", "API pages": "/api/docs/", "admin": "/admin/"}
    found = [_under(name, [client.url + path]) for name, path in pages.items() if _exists(path)]
    return [line for page in found for line in page]


def _exists(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


def _calls(client: Client, cast: Cast, task_id: UUID) -> list[str]:
    """Two calls for a shell, as they stand: read an answer, ask a question."""
    body = json.dumps({"requests": [_QUESTION]})
    return [
        "  To read an answer, and to ask one question more:",
        "",
        f"    KEY={cast.key}",
        f'    curl -H "x-api-key: $KEY" {client.url}{API}/eligibility-result/{task_id}',
        '    curl -H "x-api-key: $KEY" -H "content-type: application/json" \\',
        f"      -d '{body}' \\",
        f"      {client.url}{API}/bulk/create-tasks",
    ]


def _under(name: str, values: list[str]) -> list[str]:
    """Values under one another, the first beside its name."""
    return [f"  {name if index == 0 else '':<11} {value}" for index, value in enumerate(values)]
