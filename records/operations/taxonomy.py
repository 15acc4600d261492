"""Load the table of specialty codes. It is the same for every team."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from records.data.taxonomy import Specialty
from records.models import TaxonomyCode

_BATCH = 500


@transaction.atomic
def load_taxonomy(*, entries: Mapping[str, Specialty], dry_run: bool = False) -> dict[str, int]:
    """Make the table say what these entries say; other codes in it stay: records may use them.

    Set-based: one read, one write of what differs. Returns how many codes were created, updated,
    unchanged, and kept although the entries do not have them. A second run changes nothing.
    """
    known = {row.code: row for row in TaxonomyCode.objects.select_for_update()}
    created = [entry for code, entry in entries.items() if code not in known]
    updated = [
        entry for code, entry in entries.items() if code in known and _differs(known[code], entry)
    ]
    if not dry_run:
        TaxonomyCode.objects.bulk_create(
            [TaxonomyCode(code=e.code, display_name=e.name, section=e.section)
             for e in (*created, *updated)],
            batch_size=_BATCH,
            update_conflicts=True,
            unique_fields=["code"],
            update_fields=["display_name", "section"],
        )  # fmt: skip
    return {
        "created": len(created),
        "updated": len(updated),
        "unchanged": len(entries) - len(created) - len(updated),
        "kept besides": len(known.keys() - entries.keys()),
    }


def _differs(row: TaxonomyCode, entry: Specialty) -> bool:
    return (row.display_name, row.section) != (entry.name, entry.section)
