"""What people, keys, batches and payers are called: every page takes their names from here."""

from __future__ import annotations

from eligibility.models import Batch, Payer
from portal import moments
from portal.people import PORTAL, names_of

__all__ = ["CAME", "PORTAL", "batch_name", "dated_name", "names_of", "payer_names"]

CAME = {"api": "through the API", "file": "from a file", "form": "from the form"}
"""A submission's source → how a batch came in."""


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
