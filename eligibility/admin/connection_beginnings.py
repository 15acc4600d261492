"""What a new connection can begin with: a connector, or one of its presets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eligibility.connectors.registry import CONNECTORS
from eligibility.connectors.synthetic import SyntheticConnector

_WORDS = {SyntheticConnector.name: "Synthetic", "http_json": "JSON over HTTP"}
_SYNTHETIC_HELP = "Made-up answers, for trying out and for training. No real payer is asked."


@dataclass(frozen=True, slots=True)
class Beginning:
    """A choice: `key` stands in the form's address as `begin`."""

    key: str
    connector: str
    title: str
    help: str
    settings: Mapping[str, Any]


def beginnings() -> list[Beginning]:
    """Every choice, presets before the synthetic payer."""
    found = [
        Beginning(f"{name}.{key}", name, preset.title, preset.help, preset.settings)
        for name, connector in CONNECTORS.items()
        for key, preset in connector.presets.items()
    ]
    found += [
        Beginning(name, name, connector_word(name), _SYNTHETIC_HELP, {})
        for name, connector in CONNECTORS.items()
        if not connector.presets
    ]
    return found


def find_beginning(key: str) -> Beginning | None:
    """The choice of this key; None for any other word."""
    return next((each for each in beginnings() if each.key == key), None)


def connector_word(name: str) -> str:
    """A connector as staff know it."""
    return _WORDS.get(name, name.replace("_", " ").capitalize())
