"""One correction for many rows: clusters of rows with the same fault, preview, apply, undo.

What a kind of row must bring along is `kinds.GroupKind`; each app's ready() registers its own.
"""

from portal.groupfix.clusters import MOST_ROWS, Cluster, clusters_of, find_cluster
from portal.groupfix.correcting import ANY, SUGGESTED, Correction, corrected
from portal.groupfix.kinds import Applied, GroupKind, Held, Ref, kind_of, register
from portal.groupfix.recent import last_fix_of
from portal.groupfix.rejected import RejectedRows, open_refs
from portal.groupfix.verbs import (
    Applying,
    Preview,
    Undone,
    apply_group_fix,
    preview_group_fix,
    undo_group_fix,
)

__all__ = [
    "ANY",
    "MOST_ROWS",
    "SUGGESTED",
    "Applied",
    "Applying",
    "Cluster",
    "Correction",
    "GroupKind",
    "Held",
    "Preview",
    "Ref",
    "RejectedRows",
    "Undone",
    "apply_group_fix",
    "clusters_of",
    "corrected",
    "find_cluster",
    "kind_of",
    "last_fix_of",
    "open_refs",
    "preview_group_fix",
    "register",
    "undo_group_fix",
]
