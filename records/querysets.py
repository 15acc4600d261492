"""Sets of records: what a team sees, and what lists ask for."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NoReturn, Self

from django.db import connection, models
from django.db.models import Q
from django.db.models.expressions import RawSQL

from portal.folding import fold
from records.shadow import BETWEEN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_OBJECT_ID = re.compile(r"[0-9a-f]{24}")


def is_object_id(text: str) -> bool:
    """Whether this is an id as records have them: 24 lower-case hex characters."""
    return _OBJECT_ID.fullmatch(text) is not None


def as_rows(texts: Iterable[str]) -> RawSQL:
    """Any number of texts as a subquery with one parameter: both databases limit their number."""
    if connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::text[])", [list(texts)])
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(list(texts))])


class RecordQuerySet(models.QuerySet[Any]):
    """Sets of records."""

    def of_team(self, team_id: str) -> Self:
        """What a caller of this team may see."""
        return self.filter(team_id=team_id)

    def with_ids(self, ids: Iterable[str]) -> Self:
        """The records with these ids, in one parameter however many they are."""
        return self.filter(pk__in=as_rows(ids))

    def with_keys(self, keys: Collection[tuple[str, str]]) -> Self:
        """At least the records with one of these (integration key, logical id)."""
        integrations = as_rows({integration for integration, _ in keys})
        return self.filter(
            integration_key__in=integrations, logical_id__in=as_rows(each for _, each in keys)
        )

    def with_specialty(self, text: str) -> Self:
        """The records that name this specialty, by its code or by its whole name."""
        wanted = fold(text.replace(BETWEEN, " "))
        return self.filter(specialty_key__contains=f"{BETWEEN}{wanted}{BETWEEN}")

    def search(self, text: str) -> Self:
        """What a person types: a part of a name, the beginning of an NPI or id, a record's id."""
        text = text.strip()
        if not text:
            return self
        if is_object_id(text.lower()):
            exact = Q(pk=text.lower()) | Q(external_id=text) | Q(logical_id=text)
            return self.filter(exact)
        begins = Q(npi__startswith=text) | Q(external_id__startswith=text)
        begins |= Q(logical_id__startswith=text)
        return self.filter(begins | Q(name_key__contains=fold(text)))


class ChangeQuerySet(models.QuerySet[Any]):
    """Sets of changes: they are added and read, nothing else."""

    def of_record(self, team_id: str, record_id: str) -> Self:
        """All that happened to one record, also after it was deleted, the oldest first."""
        return self.filter(team_id=team_id, record_id=record_id).order_by("version", "id")

    def update(self, **kwargs: Any) -> NoReturn:
        """Never."""
        raise TypeError("changes of records are never changed")

    def delete(self) -> NoReturn:
        """Never."""
        raise TypeError("changes of records are never deleted")

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Never."""
        raise TypeError("changes of records are never changed")
