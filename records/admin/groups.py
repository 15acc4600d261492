"""Groups of rejected records, as the pages find them: by fault, and by the value that is wrong."""

from __future__ import annotations

from django.http import HttpRequest

from portal import groupfix
from portal.groupfix import Cluster, open_refs
from portal.groupfix.clusters import Fault
from portal.models import RejectedRow
from records.admin.places import rejected_of
from records.operations.group_fixes import RejectedRecords


def faults_of(request: HttpRequest) -> list[Fault]:
    """The faults of all rejected rows that wait, the commonest first. Three queries."""
    refs = open_refs(rejected_of(request))
    return groupfix.clusters_of(groupfix.kind_of(RejectedRecords.name).hold(refs, lock=False))


def group_of(request: HttpRequest) -> Cluster | None:
    """The group that the address names; None when it names none, or its rows have gone."""
    token = request.GET.get("like", "")
    return groupfix.find_cluster(faults_of(request), token) if token else None


def first_of(cluster: Cluster) -> RejectedRow | None:
    """The group's first row, if it still waits."""
    return RejectedRow.objects.open().filter(pk=cluster.refs[0].id).first()


def next_after(cluster: Cluster | None, row: RejectedRow) -> tuple[RejectedRow | None, int]:
    """The row of the group that follows this one, behind the last the first; how many are left."""
    ids = sorted(ref.id for ref in cluster.refs if ref.id != row.pk) if cluster else []
    wanted = next((each for each in ids if each > row.pk), ids[0] if ids else None)
    found = RejectedRow.objects.filter(pk=wanted).first() if wanted else None
    return found, len(ids)
