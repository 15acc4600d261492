"""What the rules may know beyond the rows: fetched for all rows at once, only what they mention."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import connection

from records.models import Integration, ResourceRecord, TaxonomyCode
from records.operations.answers import Key, raw_key
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
    if not npis:
        return frozenset()
    own, keys = set(own_ids.values()), _keys_by_npi(rows, configs)
    found = ResourceRecord.objects.of_team(team_id).with_npis(npis)
    return frozenset(
        npi
        for record, npi, *key in found.values_list("pk", "npi", "integration_key", "logical_id")
        if record not in own and tuple(key) not in keys(npi)
    )


def _keys_by_npi(
    rows: Sequence[Any], configs: Sequence[dict[str, Any]]
) -> Callable[[str], Collection[Key]]:
    """Under which keys rows bring an NPI; read off them when the first one is asked for."""
    by_npi: dict[Any, set[Key]] = {}

    def keys(npi: str) -> Collection[Key]:
        if not by_npi:
            for row, config in zip(rows, configs, strict=True):
                if (key := raw_key(row)) and isinstance(config.get("npi"), str):
                    by_npi.setdefault(config["npi"], set()).add(key)
        return by_npi.get(npi, ())

    return keys


def _taxonomy() -> dict[str, str] | None:
    """Code → display name, None while no table is loaded."""
    return dict(TaxonomyCode.objects.values_list("code", "display_name")) or None
