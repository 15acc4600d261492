"""What people and keys are called, whatever they did."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Value
from django.db.models.functions import Concat

from portal.models import ApiKey, User

PORTAL = "The portal"

_FULL = Concat("first_name", Value(" "), "last_name")
_PERSON, _KEY = Value(False), Value(True)


def names_of(actor_ids: Iterable[str]) -> dict[str, str]:
    """Name by id, in one query; whoever is neither a person nor a key is the portal itself."""
    wanted = {each for each in actor_ids if each}
    if not wanted:
        return {}
    people = User.objects.filter(pk__in=wanted).values_list("pk", "username", _FULL, _PERSON)
    keys = ApiKey.objects.filter(pk__in=wanted).values_list("pk", "name", Value(""), _KEY)
    names = {
        pk: f"API key {name}" if is_key else full.strip() or name
        for pk, name, full, is_key in people.union(keys, all=True)
    }
    return {each: names.get(each, PORTAL) for each in wanted}
