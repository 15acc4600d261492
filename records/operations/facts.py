"""What the rules may know beyond the rows: fetched for all rows at once, only what they mention."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import connection

from records.models import Integration, ResourceRecord, TaxonomyCode
from records.operations.answers import raw_key
from records.querysets import as_rows, is_object_id
from records.rules import Facts

_LONGEST = 200
_TABLE = ResourceRecord._meta.db_table


def gather(team_id: str, rows: Sequence[Any], own_ids: Mapping[int, str] | None = None) -> Facts:
    """The facts about rows as they were sent, whatever they hold.

    `own_ids` says which rows would change a stored record: its place in `rows` → its id.
    """
    configs = [_config_of(row) for row in rows]
    supervisors = {name for config in configs if (name := _object_id(config.get("supervisorId")))}
    return Facts(
        integrations=frozenset(
            Integration.objects.filter(team_id=team_id).values_list("pk", flat=True)
        ),
        supervisors=_chains_above(team_id, supervisors),
        shared_npis=_shared_npis(team_id, rows, configs, own_ids or {}),
        taxonomy=_taxonomy() if any(config.get("specialties") for config in configs) else None,
        own_ids=own_ids or {},
        statuses=tuple(settings.RECORD_STATUSES),
    )


def _config_of(row: Any) -> dict[str, Any]:
    config = row.get("config") if isinstance(row, dict) else None
    return config if isinstance(config, dict) else {}


def _object_id(value: Any) -> str | None:
    return value if isinstance(value, str) and is_object_id(value) else None


def _text(value: Any) -> str:
    """Text that a query may carry; empty for what no stored record can hold."""
    is_fit = isinstance(value, str) and len(value) <= _LONGEST and value.isprintable()
    return value if is_fit and value.isascii() else ""


def _chains_above(team_id: str, ids: Collection[str]) -> dict[str, str | None]:
    """Each of these records and all above them, with its own supervisor; loops end by UNION."""
    if not ids:
        return {}
    with connection.cursor() as cursor:
        wanted = as_rows(ids)
        cursor.execute(
            f"""WITH RECURSIVE chain(id, supervisor_id) AS (
                SELECT id, supervisor_id FROM {_TABLE} WHERE team_id = %s AND id IN ({wanted.sql})
                UNION
                SELECT r.id, r.supervisor_id FROM {_TABLE} r
                JOIN chain c ON r.id = c.supervisor_id WHERE r.team_id = %s
            ) SELECT id, supervisor_id FROM chain""",
            [team_id, *wanted.params, team_id],
        )
        return {record: supervisor or None for record, supervisor in cursor.fetchall()}


def _shared_npis(
    team_id: str, rows: Sequence[Any], configs: Sequence[dict[str, Any]], own_ids: Mapping[int, str]
) -> frozenset[str]:
    """The NPIs that stand on a record other than the one that the row itself is about."""
    npis = {npi for config in configs if (npi := _text(config.get("npi")))}
    taken = _on_records(team_id, npis)
    if not taken:
        return taken
    return _on_records(team_id, taken, set(own_ids.values()), _brought(rows, configs, taken))


def _on_records(
    team_id: str, npis: Collection[str], own: Collection[str] = (), brought: Collection[str] = ()
) -> frozenset[str]:
    """Those that stand on a record which is not `own` (ids) and not `brought` (see `_brought`).

    For each number the first such record is enough: one that stands on ten thousand costs no more.
    """
    if not npis:
        return frozenset()
    # LIMIT keeps PostgreSQL from reading the table as a whole; the NOT makes SQLite take the index.
    find = "r.team_id = %s AND r.npi = wanted.npi AND NOT (r.npi = '')"
    parameters: list[Any] = [team_id]
    for column, known in (("r.id", own), (_BROUGHT, brought)):
        if known:
            values = as_rows(known)
            find += f" AND {column} NOT IN ({values.sql})"
            parameters += values.params
    wanted = as_rows(npis)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH wanted(npi) AS ({wanted.sql}) SELECT npi FROM wanted"
            f" WHERE (SELECT 1 FROM {_TABLE} r WHERE {find} LIMIT 1) = 1",
            [*wanted.params, *parameters],
        )
        return frozenset(npi for (npi,) in cursor.fetchall())


_BROUGHT = "r.npi || '\n' || r.integration_key || '\n' || COALESCE(r.logical_id, '')"
"""A record as `_brought` names it; neither a number nor an integration has a line break in it."""


def _brought(
    rows: Sequence[Any], configs: Sequence[dict[str, Any]], npis: Collection[str]
) -> list[str]:
    """What rows bring again: one of these numbers, with the key of its record."""
    return [
        "\n".join((npi, *key))
        for row, config in zip(rows, configs, strict=True)
        if (npi := _text(config.get("npi"))) in npis and (key := raw_key(row))
    ]


def _taxonomy() -> dict[str, str] | None:
    """Code → display name, None while no table is loaded."""
    return dict(TaxonomyCode.objects.values_list("code", "display_name")) or None
