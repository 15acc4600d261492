"""The payer registry as a file: the shipped one, and any other of the same form.

The form is that of `eligibility/data/payers.json`. A plainer one is read too: `id_types` as
code → name, `visit_types` as a list, and `members` of a search as a word that names a network;
which payers such a network has is not published, so the word stands for every payer of the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from eligibility.payer_rules import PayerRules, Vocabulary
from eligibility.schemas import WIRE_NAMES

Code = Annotated[
    str, StringConstraints(strip_whitespace=True, to_upper=True, min_length=1, max_length=32)
]


class PayerFileError(ValueError):
    """The file cannot be used; `faults` says why, one sentence each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class PayerFile:
    """A registry file's contents: payers first, searches after them."""

    payers: tuple[PayerRules, ...]
    vocabulary: Vocabulary


class _Requirement(BaseModel):
    model_config = ConfigDict(extra="forbid")
    field: str
    when: dict[str, list[Code]] = {}


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")
    code: Code
    name: Annotated[str, Field(min_length=1, max_length=200)]
    kind: Literal["tpa", "insurer", "search"]
    id_types: Annotated[list[Code], Field(min_length=1)]
    visit_types: list[Code] = []
    requires: list[_Requirement] = []
    optional: list[str] = []
    aliases: list[Code] = []
    members: list[Code] | str = []

    def rules(self, everyone: tuple[str, ...]) -> PayerRules:
        members = everyone if isinstance(self.members, str) else tuple(self.members)
        return PayerRules(
            code=self.code,
            name=self.name,
            kind=self.kind,
            id_types=tuple(self.id_types),
            visit_types=tuple(self.visit_types),
            requires=tuple((rule.field, rule.when) for rule in self.requires),
            optional=tuple(self.optional),
            aliases=tuple(self.aliases),
            members=members,
        )


class _Word(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = ""
    aliases: list[Code] = []
    spellings: list[str] = []


class _File(BaseModel):
    note: str = ""
    usual_visit_type: str = ""
    id_types: dict[Code, _Word | str] = {}
    visit_types: dict[Code, _Word] | list[Code] = {}
    payers: list[_Entry]
    searches: list[_Entry] = []

    def vocabulary(self) -> Vocabulary:
        ids = {c: w if isinstance(w, _Word) else _Word(name=w) for c, w in self.id_types.items()}
        visits = self.visit_types
        if isinstance(visits, list):
            visits = {code: _Word() for code in visits}
        return Vocabulary(
            id_types={code: word.name for code, word in ids.items()},
            aliases={alias: code for code, word in ids.items() for alias in word.aliases},
            id_spellings={code: tuple(word.spellings) for code, word in ids.items()},
            visit_types={code: word.name or _as_word(code) for code, word in visits.items()},
            visit_spellings={code: tuple(word.spellings) for code, word in visits.items()},
            usual_visit_type=self.usual_visit_type,
        )


def _as_word(code: str) -> str:
    return code.replace("_", " ").capitalize()


@cache
def shipped() -> PayerFile:
    """The registry that the project ships."""
    text = files("eligibility").joinpath("data", "payers.json").read_text(encoding="utf-8")
    return parse(json.loads(text))


def read(path: Path) -> PayerFile:
    """The registry in a JSON file. Raises PayerFileError, or OSError when it cannot be read."""
    try:
        return parse(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        if isinstance(error, PayerFileError):
            raise
        raise PayerFileError(["the file is not JSON in UTF-8"]) from error


def parse(data: Any) -> PayerFile:
    """The registry that this parsed JSON describes. Raises PayerFileError with every fault."""
    try:
        file = _File.model_validate(data)
    except ValidationError as error:
        raise PayerFileError(
            [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        ) from error
    everyone = tuple(entry.code for entry in file.payers)
    entries = [entry.rules(everyone) for entry in (*file.payers, *file.searches)]
    faults = faults_of(entries)
    if faults:
        raise PayerFileError(faults)
    return PayerFile(tuple(entries), file.vocabulary())


def faults_of(payers: Iterable[PayerRules]) -> list[str]:
    """What is wrong with these rules as a whole: names taken twice, fields nobody can send."""
    payers = list(payers)
    codes = {payer.code for payer in payers if not payer.is_search}
    faults, taken = [], set()
    for payer in payers:
        for name in (payer.code, *payer.aliases):
            if name.upper() in taken:
                faults.append(f"{payer.code}: {name} names two payers")
            taken.add(name.upper())
        faults += [f"{payer.code}: no payer {m}" for m in payer.members if m not in codes]
        faults += [f"{payer.code}: no field {name}" for name in _fields_of(payer) - WIRE_NAMES]
    return faults


def _fields_of(payer: PayerRules) -> set[str]:
    conditions: list[Mapping[str, Any]] = [when for _, when in payer.requires]
    named = {name for name, _ in payer.requires}
    return named.union(payer.optional, *conditions)
