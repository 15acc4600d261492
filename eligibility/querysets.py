"""Sets of rows: what may be seen, how many there are in which state."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Self

from django.db import connection, models
from django.db.models import Case, Count, F, Max, Min, OuterRef, Q, Subquery, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now
from django.utils import timezone

from eligibility.choices import FINAL, BatchStatus, Look, Review, Status

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID


class TaskQuerySet(models.QuerySet[Any]):
    """Sets of tasks."""

    def of_clinic(self, clinic_id: Any) -> Self:
        """What a caller who acts for this clinic may see: its own rows, children left out."""
        return self.filter(clinic_id=clinic_id, parent=None)

    def with_ids(self, ids: Iterable[UUID]) -> Self:
        """The tasks with these ids, in one parameter however many they are."""
        if connection.vendor == "postgresql":
            wanted = RawSQL("SELECT unnest(%s::uuid[])", [list(ids)])
        else:
            wanted = RawSQL(
                "SELECT value FROM json_each(%s)", [json.dumps([each.hex for each in ids])]
            )
        return self.filter(pk__in=wanted)

    def of_searches(self, searches: Iterable[UUID]) -> Self:
        """The paths of these searches, in the round they are in now."""
        return self.filter(parent__in=self.model.objects.with_ids(searches)).filter(
            search_round=F("parent__search_round")
        )

    def cancel(self, why: str = "") -> int:
        """Cancel these rows, which the caller has locked and knows to be without a final state.

        `why` says in words why a payer of a search is not asked, or no longer.
        """
        return self.update(
            status=Status.CANCELLED,
            failure_message=why,
            review=Review.NONE,
            run_at=None,
            lease_until=None,
            worker="",
            look=Look.NONE,
            finished_at=Now(),
            version=F("version") + 1,
            updated_at=Now(),
        )

    def requeue(self) -> int:
        """Put these rows, which the caller has locked, back in line for a conversation anew.

        A row of a paused batch is parked. The earlier result stays until there is another.
        """
        paused = Case(When(batch__paused_at__isnull=False, then=None), default=Now())
        return self.update(
            status=Status.PENDING,
            outcome="",
            failure="",
            failure_message="",
            review=Review.NONE,
            run_at=Subquery(self.model.objects.filter(pk=OuterRef("pk")).values(place=paused)[:1]),
            not_before=Now(),
            lease_until=None,
            worker="",
            look=Look.NONE,
            handle="",
            interim=None,
            failed_conversations=0,
            crashes=0,
            first_claimed_at=None,
            finished_at=None,
            version=F("version") + 1,
            updated_at=Now(),
        )

    def put_back(self, rows: Iterable[tuple[UUID, dict[str, Any]]]) -> None:
        """Give rows, which the caller has locked, the columns back that they had before.

        The one way from pending to an end without a worker: a correction is taken back.
        """
        alike: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
        by_name = {field.attname: field for field in self.model._meta.concrete_fields}
        now = timezone.now()
        for pk, before in rows:
            values = {**before, "updated_at": now}
            ready = [by_name[name].get_db_prep_save(values[name], connection) for name in values]
            key = self.model._meta.pk.get_db_prep_save(pk, connection)
            alike.setdefault(tuple(values), []).append((*ready, key))
        with connection.cursor() as cursor:
            for names, parameters in alike.items():
                sets = "".join(f'"{by_name[name].column}" = %s, ' for name in names)
                cursor.executemany(
                    f"UPDATE {self.model._meta.db_table} SET {sets} run_at = NULL,"  # noqa: S608
                    " version = version + 1 WHERE id = %s",
                    parameters,
                )

    def settle(self) -> int:
        """Take these rows, which the caller has locked, off the worklist: people are done."""
        accepted = When(status=Status.DONE, then=Value(Review.ACCEPTED))
        return self.filter(review=Review.NEEDS_ATTENTION).update(
            review=Case(accepted, default=Value(Review.RESOLVED)),
            version=F("version") + 1,
            updated_at=Now(),
        )

    def with_reference_keys(self, keys: list[str]) -> list[tuple[str, UUID, datetime]]:
        """(key, id, created at) of the tasks that have one of these reference keys.

        One parameter, however many keys: both databases limit their number.
        """
        if connection.vendor == "postgresql":
            found = self.extra(where=["reference_key = ANY(%s)"], params=[keys])
        else:
            listed = "reference_key IN (SELECT value FROM json_each(%s))"
            found = self.extra(where=[listed], params=[json.dumps(keys)])  # noqa: S610
        return list(found.values_list("reference_key", "pk", "created_at"))


class MemberQuerySet(models.QuerySet[Any]):
    """Sets of a directory's lines."""

    def of_keys(self, keys: Iterable[str]) -> Self:
        """The lines about these identifiers, in one parameter however many they are."""
        if connection.vendor == "postgresql":
            wanted = RawSQL("SELECT unnest(%s::text[])", [list(keys)])
        else:
            wanted = RawSQL("SELECT value FROM json_each(%s)", [json.dumps(list(keys))])
        return self.filter(id_key__in=wanted)


class BatchQuerySet(models.QuerySet[Any]):
    """Sets of batches."""

    def with_counts(self) -> Self:
        """Each batch with the counts and times that its rows add up to."""
        rows = Q(tasks__parent=None)
        return self.annotate(
            total=Count("tasks", filter=rows),
            finished=Count("tasks", filter=rows & Q(tasks__status__in=FINAL)),
            cancelled=Count("tasks", filter=rows & Q(tasks__status=Status.CANCELLED)),
            executed_at=Min("tasks__first_claimed_at", filter=rows),
            last_finished_at=Max("tasks__finished_at", filter=rows),
        )


def batch_status(batch: Any, now: datetime) -> BatchStatus:
    """The status of a batch that came `with_counts()`.

    Cancelled means that somebody cancelled it, whatever rows had already been answered.
    """
    if batch.cancelled_at is not None and batch.finished == batch.total:
        return BatchStatus.CANCELLED
    if batch.finished == batch.total:
        return BatchStatus.COMPLETED
    if batch.paused_at is not None:
        return BatchStatus.PAUSED
    not_started = batch.executed_at is None
    if not_started and batch.scheduled_for is not None and batch.scheduled_for > now:
        return BatchStatus.SCHEDULED
    return BatchStatus.RUNNING
