"""Faults and their values in the words of a page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class ClusterView:
    """Rows with one value in the words of a page."""

    count: int
    value: str
    suggestion: str
    link: str


@dataclass(frozen=True, slots=True)
class FaultView:
    """One fault in the words of a page, with its commonest values; `rest` have rarer ones.

    `link` leads to all its rows, where each has a suggestion of its own to take.
    """

    title: str
    advice: str
    where: str
    count: int
    clusters: list[ClusterView]
    rest: int
    suggested: int
    link: str


def in_words(value: Any) -> str:
    """Any JSON as text for people: days of hours on one line each, objects as "name: value"."""
    if isinstance(value, dict):
        if set(value) == {"start", "end"}:
            return f"{value['start']}–{value['end']}"
        return "; ".join(f"{name}: {in_words(each)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(in_words(each) for each in value) or "nothing"
    return value if isinstance(value, str) else json.dumps(value)


def query(address: str, **values: str) -> str:
    """The address with these values as its query; empty ones are left out."""
    given = {name: value for name, value in values.items() if value}
    return f"{address}?{urlencode(given)}" if given else address


def rows(count: int) -> str:
    """How many."""
    return "1 row" if count == 1 else f"{count:,} rows"


def sentence(text: str) -> str:
    """With a capital and a full stop."""
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."
