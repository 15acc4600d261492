"""The payers that the synthetic payer knows by name, each with its own members."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

_MADE_UP: Final = (("SYN001", "First Synthetic Insurance"), ("SYN002", "Second Synthetic TPA"))


@dataclass(frozen=True, slots=True)
class Payer:
    """A payer's code and name. `id_types` says what it can be searched by; empty: anything."""

    code: str
    name: str
    id_types: frozenset[str] = frozenset()


@cache
def known_payers() -> tuple[Payer, ...]:
    """The payers of the registry shipped with the project; made-up ones when it is not there."""
    try:
        text = files("eligibility").joinpath("data", "payers.json").read_text("utf-8")
    except OSError:
        return tuple(Payer(code, name) for code, name in _MADE_UP)
    return tuple(
        Payer(entry["code"], entry["name"], frozenset(entry["id_types"]))
        for entry in json.loads(text)["payers"]
    )


@lru_cache(maxsize=256)
def payer_by_code(code: str) -> Payer:
    """The payer of this code; one that is not in the registry is called by its code."""
    return next((payer for payer in known_payers() if payer.code == code), Payer(code, code))


@lru_cache(maxsize=256)
def payers_for(id_type: str) -> tuple[Payer, ...]:
    """The payers that can be searched by this kind of identifier, all of them if none can."""
    able = tuple(
        payer for payer in known_payers() if not payer.id_types or id_type in payer.id_types
    )
    return able or known_payers()
