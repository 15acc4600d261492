"""What narrows the list of records, and how addresses say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import QuerySet

from portal.intake.text import storable_text
from records.models import ResourceRecord

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Filters:
    """`q` is what somebody types; `warnings` is "yes", "no" or empty. Empty ones narrow nothing."""

    q: str = ""
    type: str = ""
    status: str = ""
    integration: str = ""
    specialty: str = ""
    warnings: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Filters:
        """The filters of an address's query; what no record can have is written out."""
        names = cls.__dataclass_fields__
        return cls(
            **{name: storable_text(query.get(name, "").strip()[:_LONGEST]) for name in names}
        )

    def as_fields(self) -> dict[str, str]:
        """The same as a form's fields; filters that are not set are left out."""
        return {name: value for name, value in asdict(self).items() if value}


def found(records: QuerySet[ResourceRecord], filters: Filters) -> Any:
    """The records that the filters leave."""
    rows: Any = records
    if filters.q:
        rows = rows.search(filters.q)
    if filters.type:
        rows = rows.filter(type=filters.type)
    if filters.status:
        rows = rows.filter(status=filters.status)
    if filters.integration:
        none = filters.integration == "none"
        rows = rows.filter(integration_key="" if none else filters.integration)
    if filters.specialty:
        rows = rows.with_specialty(filters.specialty)
    if filters.warnings == "yes":
        rows = rows.exclude(warnings=[])
    elif filters.warnings == "no":
        rows = rows.filter(warnings=[])
    return rows
