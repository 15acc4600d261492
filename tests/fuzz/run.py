"""Rounds over all operations of the schema that the server itself publishes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests
import schemathesis

from tests.fuzz.cases import Findings, Fuzzer
from tests.fuzz.peers import Peer

SCHEMA = "/api/schema/?format=json"


class Rounds:
    """Every operation in turns, or only the one of a label: so many cases each."""

    def __init__(
        self,
        base_url: str,
        peers: list[Peer],
        number: int,
        *,
        document: Mapping[str, Any] | None = None,
        only: str = "",
    ) -> None:
        """`document` is the schema when the caller has it already."""
        if document is None:
            document = requests.get(base_url + SCHEMA, timeout=60).json()
        schema = schemathesis.openapi.from_dict(dict(document))
        results: list[Any] = list(schema.get_all_operations())
        found = [each.ok() for each in results]
        self.operations = [each for each in found if only in ("", each.label)]
        self._fuzzer = Fuzzer(base_url, peers, number)

    @property
    def findings(self) -> Findings:
        """What came of it so far."""
        return self._fuzzer.findings

    def play(self, cases: int) -> None:
        """One round."""
        for operation in self.operations:
            self._fuzzer.operation(operation, cases)

    def record(self) -> dict[str, Any]:
        """The findings for the raw file."""
        found = dict(vars(self.findings))
        found["operations"] = found.pop("by_operation")
        return found
