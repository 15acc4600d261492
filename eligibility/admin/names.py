"""What people, keys, batches and payers are called: every page takes their names from here."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Value
from django.db.models.functions import Concat

from eligibility.models import Batch, Payer
from eligibility.presentation import moments
from portal.models import ApiKey, User

PORTAL = "The portal"
CAME = {"api": "through the API", "file": "from a file", "form": "from the form"}
"""A submission's source → how a batch came in."""

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


def batch_name(batch: Batch) -> str:
    """What a batch is called: its description, else the moment it came in, by its clinic's clocks.

    The batch is to be read with its clinic.
    """
    return batch.description or f"Batch of {moments.at(batch.created_at, batch.clinic.zone)}"


def dated_name(batch: Batch) -> str:
    """The same with its moment, for choices: every morning's list may have one description."""
    moment = moments.at(batch.created_at, batch.clinic.zone)
    return f"{batch.description}, {moment}" if batch.description else batch_name(batch)


def payer_names() -> dict[str, str]:
    """Every payer's name by its code, those that are switched off too. One query."""
    return dict(Payer.objects.values_list("code", "name"))
