"""What each payer takes, and the words of the trade around it.

Payers, identifier types and visit types are data: the database's registry and the shipped file
(`payer_file`) both become `PayerRules`, so API, file preflight and forms obey one source.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eligibility.schemas import ATTRIBUTES

Requirement = tuple[str, Mapping[str, Sequence[str]]]
"""(wire name of a field, when): needed when every field in `when` has one of its values."""

SEARCH = "search"

LONGEST_VISIT_TYPE = 32
"""Characters a task stores."""


@dataclass(frozen=True, slots=True)
class PayerRules:
    """One payer, or one search, as rules.

    `kind` is "tpa", "insurer" or "search"; `id_types` and `visit_types` are the codes it takes,
    the usual first (no visit types: none is checked); `requires` are requirements beyond the
    always required fields; `optional` names further fields it can use; `members` are the codes
    of the payers a search asks.
    """

    code: str
    name: str
    kind: str
    id_types: tuple[str, ...]
    visit_types: tuple[str, ...] = ()
    requires: tuple[Requirement, ...] = ()
    optional: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    members: tuple[str, ...] = ()

    @property
    def is_search(self) -> bool:
        """Whether this asks several payers."""
        return self.kind == SEARCH

    def takes_visit_type(self, visit_type: str) -> bool:
        """Whether the payer takes this code; one without visit types takes what can be stored."""
        if self.visit_types:
            return visit_type in self.visit_types
        return len(visit_type) <= LONGEST_VISIT_TYPE

    def required_for(self, id_type: str, visit_type: str) -> tuple[Requirement, ...]:
        """The requirements that can hold for this pair of codes."""
        facts = {"id_type": id_type, "visit_type": visit_type}
        return tuple(
            (name, when)
            for name, when in self.requires
            if name in ATTRIBUTES
            and all(facts[key] in when[key] for key in facts.keys() & when.keys())
        )

    def as_json(self) -> dict[str, Any]:
        """The rules as `GET …/payers/{code}` and the data file write them."""
        return {
            "code": self.code,
            "name": self.name,
            "kind": self.kind,
            "aliases": list(self.aliases),
            "id_types": list(self.id_types),
            "visit_types": list(self.visit_types),
            "requires": [{"field": name, "when": dict(when)} for name, when in self.requires],
            "optional": list(self.optional),
            **({"members": list(self.members)} if self.is_search else {}),
        }


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The codes a portal knows besides its payers, and how people write them.

    `aliases` (identifier types only) are accepted in place of a code; spellings are only ever
    suggested. `id_types` and `visit_types` are what people call each code, which may be nothing
    but the code. `usual_visit_type` is suggested where nothing comes nearer.
    """

    id_types: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    id_spellings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    visit_types: Mapping[str, str] = field(default_factory=dict)
    visit_spellings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    usual_visit_type: str = ""
