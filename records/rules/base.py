"""What the rules take and give: a row as a record, what is known beyond it, what it came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.intake.issues import Issue


@dataclass(slots=True)
class Record:
    """One resource record as a row states it, ready to be stored.

    Ids are 24 lower-case hex. `config` is what was sent, with every documented key present and
    absent ones None; unknown keys are not in it.
    """

    logical_id: str | None
    integration_id: str | None
    config: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RegisteredNpi:
    """What a registry of NPIs says about one number; `name` is empty when it says none."""

    name: str
    is_person: bool = True
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules may know beyond the row; a field that is None was not loaded: its rules rest.

    `integrations`: ids known to the team. `supervisors`: an existing record's id → its own
    supervisor's id or None, for the ids asked for and for the chains above them; an id that is
    missing is no record of the team. `shared_npis`: NPIs that stand on another record of the
    team. `taxonomy`: NUCC code → display name. `npi_registry`: every number of a loaded registry.
    `own_ids`: a row's place in the list → the id of the stored record that it would change; rows
    that are not in it make new ones. `statuses`: the words that a status may be.
    """

    integrations: frozenset[str] | None = None
    supervisors: Mapping[str, str | None] | None = None
    shared_npis: frozenset[str] | None = None
    taxonomy: Mapping[str, str] | None = None
    npi_registry: Mapping[str, RegisteredNpi] | None = None
    own_ids: Mapping[int, str] = field(default_factory=dict)
    statuses: tuple[str, ...] = ("active", "inactive")


@dataclass(slots=True)
class Checked:
    """What one row came to; rejected when there are errors.

    `row` is None when its JSON types or lengths are wrong; `raw` is the row as sent, made
    storable when it was not. Pointers of issues lead into the row ("/config/npi").
    """

    row: Record | None
    raw: Any
    errors: list[Issue] = field(default_factory=list)
    warnings: list[Issue] = field(default_factory=list)
