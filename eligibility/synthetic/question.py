"""One question as the synthetic payer receives it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from eligibility.synthetic.magic import canonical

_TEXTS: Final = ("payer", "id_type", "id_value", "visit_type", "name", "dob", "service_date")
_OPTIONAL_TEXTS: Final = ("script", "default_script", "handle")


@dataclass(frozen=True, slots=True)
class Question:
    """What one request body asks. Absent texts are ""; `dob` and `service_date` are ISO dates.

    `number` is the identifier in its canonical spelling. `is_search` says that a search asks
    several payers, this one among them. `latency` is the range of its natural delay in seconds,
    None for the usual one.
    """

    reference: str
    payer: str
    id_type: str
    id_value: str
    number: str
    visit_type: str
    name: str
    dob: str
    service_date: str
    is_search: bool
    script: str
    default_script: str
    latency: tuple[float, float] | None
    handle: str

    @property
    def fingerprint(self) -> int:
        """Equal for two requests that ask the same; good inside this process only."""
        return hash((self.payer, self.id_type, self.number, self.visit_type, self.script))

    def day(self) -> date:
        """The day the question is about; today when none, or none that is a date, was sent."""
        try:
            return date.fromisoformat(self.service_date)
        except ValueError:
            return datetime.now(UTC).date()


def read_question(body: bytes) -> Question | str:
    """The question in a request body, or what is wrong with the body."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return "the body is not JSON"
    if not isinstance(data, dict):
        return "the body is not an object"
    reference = data.get("reference")
    if not isinstance(reference, str) or not reference:
        return "reference is missing"
    texts = {key: data.get(key) or "" for key in _TEXTS + _OPTIONAL_TEXTS}
    for key, value in texts.items():
        if not isinstance(value, str):
            return f"{key} is not text"
    latency = _read_latency(data.get("latency_ms"))
    if isinstance(latency, str):
        return latency
    return Question(
        reference=reference,
        number=canonical(texts["id_value"]),
        is_search=data.get("search") is True,
        latency=latency,
        **texts,
    )


def _read_latency(value: Any) -> tuple[float, float] | str | None:
    """A natural delay's range: [low, high] in milliseconds, here turned into seconds."""
    if value is None:
        return None
    if not (isinstance(value, list) and len(value) == 2):
        return "latency_ms is not [low, high]"
    low, high = value
    if not all(isinstance(end, int) for end in value) or not 0 <= low <= high <= 60_000:
        return "latency_ms is not [low, high]"
    return low / 1000, high / 1000
