"""The member directory: what is known before a search asks anybody."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count
from django.utils import timezone

from eligibility.engine.rows import TASK, database_uuid
from eligibility.models import DirectoryMark, KnownMember, Result

FRESH = timedelta(hours=24)
"""An answer this new decides between several payers that have known the member."""
TRUSTED_FOR = timedelta(days=400)
"""A policy's year and some: what is older is no hint."""
SETTLED_AFTER = timedelta(seconds=5)
"""Answers are read when they are so old, so that no transaction may still add one before them."""
MOST_AT_ONCE = 2_000
_COUNTED_FOR = 60.0

Key = tuple[str, str, str]
"""(team, identifier type, identifier key) of a member."""


@dataclass(frozen=True, slots=True)
class Hint:
    """That a payer knows somebody: since when, and whether it said so itself."""

    payer_id: int
    seen_at: datetime
    is_answer: bool


def hints(keys: Collection[Key]) -> dict[Key, list[Hint]]:
    """What the directory says about these members, the newest first. One query."""
    wanted = {key for key in keys if key[2]}
    if not wanted:
        return {}
    found: dict[Key, list[Hint]] = defaultdict(list)
    rows = (
        KnownMember.objects.of_keys({id_key for _, _, id_key in wanted})
        .filter(team__in={team for team, _, _ in wanted}, seen_at__gte=timezone.now() - TRUSTED_FOR)
        .order_by("-seen_at", "-pk")
    )
    for row in rows:
        key = (row.team_id, row.id_type, row.id_key)
        if key in wanted:
            is_answer = row.source == KnownMember.Source.RESULT
            found[key].append(Hint(row.payer_id, row.seen_at, is_answer))
    return found


def known_payer(of_member: Iterable[Hint]) -> int | None:
    """The one payer that has the member: the only one named, or the only fresh answer's."""
    listed = list(of_member)
    named = {hint.payer_id for hint in listed}
    if len(named) > 1:
        since = timezone.now() - FRESH
        named = {hint.payer_id for hint in listed if hint.is_answer and hint.seen_at >= since}
    return next(iter(named)) if len(named) == 1 else None


_counts: dict[str, tuple[float, dict[int, int]]] = {}


def members_by_payer(team_id: str) -> dict[int, int]:
    """How many of the team's known members each payer has; counted once a minute."""
    counted = _counts.get(team_id)
    if counted is None or time.monotonic() - counted[0] > _COUNTED_FOR:
        rows = KnownMember.objects.filter(team=team_id).values_list("payer").order_by()
        counted = _counts[team_id] = (time.monotonic(), dict(rows.annotate(Count("pk"))))
    return counted[1]


def feed() -> int:
    """Read new answers into the directory. Returns how many answers were read.

    A yes writes the member's line, a payer that no longer finds or covers the member loses it.
    Several dispatchers may feed at once: the mark's row lets one at a time.
    """
    mark, _ = DirectoryMark.objects.get_or_create(pk=1, defaults={"result": UUID(int=0)})
    if not _new_answers(mark, 1):
        return 0
    with transaction.atomic():
        free = DirectoryMark.objects.select_for_update(skip_locked=True)
        locked = free.filter(pk=mark.pk).first()
        new = _new_answers(locked, MOST_AT_ONCE) if locked is not None else []
        if locked is not None and new:
            span = [database_uuid(locked.result), database_uuid(new[-1])]
            _write_lines(span)
            _take_out_lines(span)
            DirectoryMark.objects.filter(pk=locked.pk).update(result=new[-1])
    return len(new)


def _new_answers(mark: DirectoryMark, most: int) -> list[UUID]:
    """The ids of answers that have not been read and have settled; ids begin with their time."""
    settled = int((timezone.now() - SETTLED_AFTER).timestamp() * 1000) << 80
    new = Result.objects.filter(pk__gt=mark.result, pk__lt=UUID(int=settled)).order_by("pk")
    return list(new.values_list("pk", flat=True)[:most])


_ANSWERS = f"""
    FROM eligibility_result r JOIN {TASK} t ON t.id = r.task_id
    JOIN portal_team m ON m.id = t.team_id
"""
_COUNTING = """
    WHERE r.id > %s AND r.id <= %s AND t.id_key <> '' AND NOT t.is_search AND NOT t.test_mode
      AND NOT (r.synthetic AND m.is_production)
"""


def _write_lines(span: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO eligibility_knownmember"
            " (team_id, id_type, id_key, payer_id, source, seen_at)"
            " SELECT t.team_id, t.id_type, t.id_key, t.payer_id, 'result', MAX(r.created_at)"
            f" {_ANSWERS} {_COUNTING} AND r.outcome = 'eligible'"
            " GROUP BY t.team_id, t.id_type, t.id_key, t.payer_id"
            " ON CONFLICT (team_id, id_key, id_type, payer_id)"
            " DO UPDATE SET seen_at = excluded.seen_at, source = excluded.source"
            " WHERE excluded.seen_at >= eligibility_knownmember.seen_at",
            span,
        )


def _take_out_lines(span: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM eligibility_knownmember WHERE id IN (SELECT k.id"
            f" {_ANSWERS} JOIN eligibility_knownmember k ON k.team_id = t.team_id"
            " AND k.id_key = t.id_key AND k.id_type = t.id_type AND k.payer_id = t.payer_id"
            f" {_COUNTING} AND r.outcome IN ('member_not_found', 'not_eligible')"
            " AND r.created_at > k.seen_at)",
            span,
        )
