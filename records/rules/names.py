"""`name.missing`: a record that people cannot find by name."""

from __future__ import annotations

from records.rules.base import Facts
from records.rules.findings import Findings
from records.schemas import Practitioner


def judge(config: Practitioner, found: Findings, facts: Facts) -> None:
    """No name, or a blank one."""
    if not config["name"] or config["name"].isspace():
        message = "There is no name: staff will not find this record by it."
        found.add("/config/name", "name.missing", message, config["name"])
