"""Values as the audit log keeps them: plain, small, and without secrets or patients."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model

Changes = Mapping[str, tuple[Any, Any]]
"""field → (before, after)"""

HIDDEN = "••••"
SECRET_WORDS = ("password", "secret", "token", "credential", "private", "api_key", "digest")
IDENTIFIERS = frozenset(
    {
        "id_value",
        "id_key",
        "phone",
        "mobile",
        "card_number",
        "member_id",
        "identifier",
        "emirates_id",
    }
)
PATIENTS = frozenset({"dob", "date_of_birth", "patient_name"})
LONGEST = 2_000
"""Characters of one value."""


def masked_changes(changes: Changes) -> dict[str, list[Any]]:
    """The changed fields, before and after, with what must not be read here masked."""
    return {
        name: [masked(name, before), masked(name, after)]
        for name, (before, after) in changes.items()
    }


def masked_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts beside the changes, masked in the same way."""
    return {name: masked(name, value) for name, value in facts.items()}


def masked(name: str, value: Any) -> Any:
    """One field's value: hidden when it is a secret, its last 4 characters when it identifies."""
    plain = name.lower()
    if value in (None, "", [], {}):
        return None if value is None else value
    if plain in PATIENTS or any(word in plain for word in SECRET_WORDS):
        return HIDDEN
    if plain in IDENTIFIERS:
        return last_four(str(value))
    if isinstance(value, Mapping):
        return {str(key): masked(str(key), each) for key, each in value.items()}
    return as_json(value)


def last_four(text: str) -> str:
    """The last 4 letters or digits, never more than half of them."""
    shown = [character for character in text if character.isalnum()]
    kept = min(4, len(shown) // 2)
    return HIDDEN + "".join(shown[len(shown) - kept :])


def as_json(value: Any) -> Any:
    """A value of any field as JSON; a very long one is cut."""
    text = json.dumps(value, cls=DjangoJSONEncoder, default=str)
    return json.loads(text) if len(text) <= LONGEST else text[:LONGEST] + "…"


def snapshot(obj: Model, leave_out: Collection[str] = ()) -> dict[str, Any]:
    """The row's own fields by name, related rows of a many-to-many field by what they are called.

    Keys of other rows are kept as ids; what the database or the clock fills in is left out.
    Costs a query for each many-to-many field.
    """
    values = {
        field.name: field.value_from_object(obj)
        for field in obj._meta.concrete_fields
        if field.name not in leave_out and not _fills_itself_in(field)
    }
    for field in obj._meta.many_to_many:
        values[field.name] = sorted(str(each) for each in getattr(obj, field.name).all())
    return values


def _fills_itself_in(field: Any) -> bool:
    return bool(
        field.primary_key
        or getattr(field, "auto_now", False)
        or getattr(field, "auto_now_add", False)
    )


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What changed from one snapshot to the other; a missing field counts as None."""
    return {
        name: (before.get(name), value)
        for name, value in after.items()
        if before.get(name) != value
    }
