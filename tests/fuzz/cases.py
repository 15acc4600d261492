"""One operation's cases: made from the schema, mixed with ids of both teams, sent, and judged."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi import checks as openapi_checks

from tests.fuzz.peers import Peer

CHECKS = [
    schemathesis.checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
]
TOO_LONG = 414
"""gunicorn's own answer to a request line of more than 4,094 bytes, before the portal sees it."""
OWN, FOREIGN = 0.45, 0.8
"""Below the first share an id is the caller's, below the second the peer's, else made up."""
STRANGERS = 0.05
"""The share of requests that carry the key that was made up for them."""
OPEN = ("GET /v2/api-integration/health",)
"""Operations that take no key, and so look at no clinic."""
CLINICS = 0.1
"""The share that names a clinic: half of them the peer's."""
SECONDS = 60


@dataclass
class Findings:
    """What came of it: cases and answers counted, and each kind of failure with its first case."""

    cases: int = 0
    foreign: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    shown: dict[str, str] = field(default_factory=dict)
    by_operation: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))

    def failed(self, label: str, what: str, case: str) -> None:
        """Note one failure."""
        name = f"{label}: {what}"
        self.failures[name] += 1
        self.shown.setdefault(name, case)


class Fuzzer:
    """Sends cases as either peer; every answer is held against the schema and the other's word."""

    def __init__(self, base_url: str, peers: list[Peer], number: int) -> None:
        self.findings = Findings()
        self._base_url, self._peers, self._seed = base_url, peers, number
        self._chance = random.Random(number)
        self._turns = 0
        self._session = requests.Session()

    def operation(self, operation: Any, cases: int) -> None:
        """So many cases of one operation, as the schema wants them and as it does not."""
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            self._turns += 1
            wanted = (cases + 1) // 2 if mode is GenerationMode.POSITIVE else cases // 2
            if not wanted:
                continue

            @seed(self._seed * 1_000 + self._turns)
            @settings(
                max_examples=wanted, deadline=None, database=None, phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            @given(operation.as_strategy(generation_mode=mode))
            def send(case: Any) -> None:
                self._send(case)

            try:
                send()
            except Unsatisfiable:
                continue  # nothing of it can be wrong

    def _send(self, case: Any) -> None:
        place = self._chance.randrange(len(self._peers))
        caller, other = self._peers[place], self._peers[1 - place]
        is_stranger = self._chance.random() < STRANGERS
        asks_for_foreign = self._swap_ids(case, caller, other)
        asks_for_foreign |= self._swap_headers(case, caller, other, is_stranger=is_stranger)
        self.findings.cases += 1
        self.findings.foreign += asks_for_foreign
        label = case.operation.label
        try:
            answer = case.call(base_url=self._base_url, session=self._session, timeout=SECONDS)
        except requests.exceptions.InvalidHeader:
            return  # no client can send it
        self.findings.answers[str(answer.status_code)] += 1
        self.findings.by_operation[label][answer.status_code] += 1
        curl = case.as_curl_command().replace(caller.key, "KEY")[:2000]
        if other.word.lower() in answer.text.lower():
            self.findings.failed(label, "reads the other team", curl)
        if asks_for_foreign and answer.status_code // 100 == 2:
            self.findings.failed(label, "works on the other team's row", curl)
        if answer.status_code != TOO_LONG:
            self._validate(case, answer, label, curl)

    def _validate(self, case: Any, answer: Any, label: str, curl: str) -> None:
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as group:
            for each in group.exceptions:
                said = each.title if isinstance(each, Failure) else type(each).__name__
                text = f"HTTP {answer.status_code} {answer.text[:600]}\n{each}"[:1600]
                self.findings.failed(label, f"{said} ({answer.status_code})", f"{curl}\n{text}")

    def _swap_ids(self, case: Any, caller: Peer, other: Peer) -> bool:
        """Put ids that there are into the path and the body; whether the path names the peer's."""
        is_foreign = False
        path = case.path_parameters or {}
        for name in path:
            draw = self._chance.random()
            whose = caller if draw < OWN else other if draw < FOREIGN else None
            found = whose.some(name, self._chance) if whose else None
            if found is None:
                continue
            path[name] = found
            is_foreign |= whose is other and name not in ("line", "code", "logical_id")
        self._swap_in_query_and_body(case, caller, other)
        return is_foreign

    def _swap_headers(self, case: Any, caller: Peer, other: Peer, *, is_stranger: bool) -> bool:
        """The caller's key and a clinic; whether that is the peer's."""
        headers = {
            name: value
            for name, value in (case.headers or {}).items()
            if is_stranger or name.lower() not in ("authorization", "x-api-key", "x-clinic-id")
        }
        case.headers = headers
        if is_stranger:
            return False
        headers["Authorization"] = f"Bearer {caller.key}"
        draw = 1.0 if case.operation.label in OPEN else self._chance.random()
        if draw < CLINICS:
            headers["x-clinic-id"] = str((other if draw < CLINICS / 2 else caller).clinic.pk)
        return draw < CLINICS / 2

    def _swap_in_query_and_body(self, case: Any, caller: Peer, other: Peer) -> None:
        whose = self._chance.choice([caller, other])
        if case.query and isinstance(case.query, dict) and "batch_id" in case.query:
            case.query["batch_id"] = whose.some("batch_id", self._chance)
        if isinstance(case.body, dict) and isinstance(case.body.get("task_ids"), list):
            case.body["task_ids"] += [whose.some("task_id", self._chance)]
