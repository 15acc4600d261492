"""Hide identifiers in whatever a page shows of a row: fields, requests, revisions, evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from eligibility.identifiers import mask, search_key

IDENTIFYING = frozenset(
    {
        "id_value", "id_key", "phone", "mobile", "emirates_id", "patient_emirates_id", "member_id",
        "regulator_member_id", "card", "card_number", "policy", "policy_number",
        "policy_holder_phone", "policy_primary_member_id",
    }
)  # fmt: skip
"""Names of fields whose text is an identifier or a phone."""

_SHORTEST = 5


class Mask:
    """Masks identifying fields, and the known identifiers wherever they stand.

    `secrets` are the identifiers and phones of the row. `revealed` lets everything through.
    """

    def __init__(self, secrets: Iterable[str] = (), *, revealed: bool = False) -> None:
        self.revealed = revealed
        keys = {search_key("", secret) for secret in secrets if secret}
        self._texts = sorted({secret for secret in secrets if len(secret) >= _SHORTEST}, key=len)
        self._keys = {key for key in keys if len(key) >= _SHORTEST}

    def text(self, identifier: str) -> str:
        """An identifier or phone."""
        return identifier if self.revealed else mask(identifier)

    def value(self, value: Any, name: str = "") -> Any:
        """Any JSON, with what identifies masked in it."""
        if self.revealed or value is None:
            return value
        if isinstance(value, Mapping):
            return {key: self.value(each, str(key)) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(each, name) for each in value]
        if isinstance(value, bool | float):
            return value
        text = str(value)
        if name.lower() in IDENTIFYING or search_key("", text) in self._keys:
            return mask(text)
        return self._within(text) if isinstance(value, str) else value

    def _within(self, text: str) -> str:
        """A longer text that repeats an identifier."""
        for secret in reversed(self._texts):
            text = text.replace(secret, mask(secret))
        return text
