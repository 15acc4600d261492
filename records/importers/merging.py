"""What a stored record says after a file has spoken of it."""

from __future__ import annotations

from typing import Any

from records.importers.cells import without_nones
from records.importers.fields import DOCUMENTED
from records.importers.rows import Config, Source


def merged(stored: Config, said: Config, source: Source) -> dict[str, Any]:
    """The config to store: fields that the file speaks of as it says them, the others as they were.

    A field that a lossy format says just as it would of the stored config is no change. Keys that
    nobody knows are left in, for the rules to tell.
    """
    result: dict[str, Any] = without_nones(dict(stored))
    shown = source.shown(stored)
    for name in source.carried:
        now = without_nones(said.get(name))
        if now == without_nones(shown.get(name)):
            continue
        if now is None:
            result.pop(name, None)
        else:
            result[name] = said[name]
    return result | {name: said[name] for name in said.keys() - DOCUMENTED}
