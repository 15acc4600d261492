"""Rows with the same fault, found when somebody asks: by what is wrong, where, and with what.

The value is read from the rows' errors each time and stored nowhere beside them: it may be a
patient's. Addresses name a cluster by a keyed digest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.crypto import salted_hmac

from portal.groupfix.correcting import ANY, SUGGESTED, Correction, canonical, pattern_of
from portal.groupfix.kinds import Held, Ref

MOST_ROWS = 5_000
"""Rows that are looked through, and that one correction changes: a person waits for it."""

_SALT = "portal.groupfix.cluster"


@dataclass(slots=True)
class Cluster:
    """Rows that have one fault: `value` stands where it must not, or ANY value does.

    `message` is the fault in the rules' words, `suggestion` what they would put there; a cluster
    of any value has None, and `suggested` says how many of its rows have a suggestion of their
    own. `value` is None also where something is missing.
    """

    code: str
    pattern: str
    value: Any
    message: str = ""
    suggestion: Any = None
    refs: list[Ref] = field(default_factory=list)
    suggested: int = 0

    @property
    def token(self) -> str:
        """What an address calls it: nobody can read the value off it."""
        value = "*" if self.value is ANY else canonical(self.value)
        text = canonical([self.code, self.pattern, self.value is ANY, value])
        return salted_hmac(_SALT, text).hexdigest()[:20]

    def correction(self, wanted: Any) -> Correction:
        """This fault put right, with `wanted` (or SUGGESTED) in the value's place."""
        return Correction(self.code, self.pattern, self.value, wanted)

    @property
    def takes_suggestions(self) -> bool:
        """Whether each row's own suggestion is a correction that can be given to all of them."""
        return self.suggested > 0

    def _add(self, ref: Ref, error: dict[str, Any]) -> None:
        is_new = not self.refs or self.refs[-1] is not ref
        if is_new:
            self.refs.append(ref)
        if error.get("suggestion") is not None:
            self.suggested += is_new
            self.suggestion = error["suggestion"] if self.value is not ANY else None


@dataclass(slots=True)
class Fault:
    """One thing wrong at one place: all rows that have it, and those with the same value."""

    whole: Cluster
    clusters: list[Cluster]

    @property
    def count(self) -> int:
        """How many rows have it."""
        return len(self.whole.refs)


def clusters_of(rows: Iterable[Held]) -> list[Fault]:
    """The faults of the rows, the commonest first, each with its values, the commonest first.

    A row counts wherever it has a fault; one that has it twice (in a list) counts once.
    """
    wholes: dict[tuple[str, str], Cluster] = {}
    parts: dict[tuple[str, str, str], Cluster] = {}
    for row in rows:
        for error in row.errors:
            code, pattern = str(error.get("code", "")), pattern_of(error.get("pointer") or "")
            value, message = error.get("value"), str(error.get("message", ""))
            whole = wholes.setdefault((code, pattern), Cluster(code, pattern, ANY, message))
            part = parts.setdefault(
                (code, pattern, canonical(value)), Cluster(code, pattern, value, message)
            )
            for cluster in (whole, part):
                cluster._add(row.ref, error)
    faults = {key: Fault(whole, []) for key, whole in wholes.items()}
    for (code, pattern, _), part in parts.items():
        faults[code, pattern].clusters.append(part)
    for fault in faults.values():
        fault.clusters.sort(key=lambda cluster: (-len(cluster.refs), canonical(cluster.value)))
    return sorted(faults.values(), key=lambda each: (-each.count, each.whole.code))


def find_cluster(faults: Sequence[Fault], token: str) -> Cluster | None:
    """The cluster that an address names; None when its rows have gone."""
    every = (cluster for fault in faults for cluster in (fault.whole, *fault.clusters))
    return next((cluster for cluster in every if cluster.token == token), None)


__all__ = ["ANY", "MOST_ROWS", "SUGGESTED", "Cluster", "Fault", "clusters_of", "find_cluster"]
