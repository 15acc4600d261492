"""Bring a list of members into a team's directory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import BinaryIO

from django.db import transaction
from django.utils import timezone

from eligibility import registry
from eligibility.files.members import MemberLine, MemberReport, member_lines, read_member
from eligibility.models import KnownMember
from portal import audit
from portal.collector import uncollected
from portal.intake.issues import Issue
from portal.intake.readers import Line
from portal.intake.watching import Watch
from portal.models import Team, Verb

MemberWatch = Watch[MemberReport, Line]
CHUNK = 2_000
"""Lines written in one transaction."""

_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _Import:
    """One list on its way into one team's directory."""

    team: Team
    loaded: registry.LoadedRegistry
    now: datetime
    refused: Callable[[Line, Sequence[Issue]], None] | None


@uncollected()
def import_members(
    file: BinaryIO,
    *,
    team: Team,
    name: str,
    actor: audit.Actor,
    sheet: str | None = None,
    encoding: str | None = None,
    dry_run: bool = False,
    watch: MemberWatch | None = None,
) -> MemberReport:
    """Write a line of the directory for each good line of the file; the others are told apart.

    What the directory says already stays; a line with a newer day gets that day. Bringing in the
    same file again changes nothing. Raises Unreadable for a file that is of no use.
    """
    watch = watch or MemberWatch()
    report = MemberReport(is_dry_run=dry_run)
    job = _Import(team, registry.load(), timezone.now(), watch.refused)
    with member_lines(file, name=name, sheet=sheet, encoding=encoding, report=report) as lines:
        while chunk := list(islice(lines, CHUNK)):
            _take_chunk(job, chunk, report, actor)
            watch.progress(report)
    report.is_done = True
    return report


def _take_chunk(
    job: _Import, chunk: Sequence[Line], report: MemberReport, actor: audit.Actor
) -> None:
    good: dict[_Key, MemberLine] = {}
    counted = {"created": 0, "fixed": 0, "unchanged": 0}
    for line in chunk:
        member = read_member(line, job.loaded.rules, now=job.now)
        if isinstance(member, MemberLine):
            counted["unchanged"] += not _keep(good, member)
        else:
            report.rejected += 1
            report.count_errors(member)
            if job.refused is not None:
                job.refused(line, member)
    with transaction.atomic():
        written = _write(job, list(good.values()), dry_run=report.is_dry_run)
        if report.rows == 0 and (written["created"] or written["fixed"]) and not report.is_dry_run:
            details = {"read_as": report.read_as}
            audit.record(verb=Verb.IMPORTED, actor=actor, obj=job.team, details=details)
    report.rows += len(chunk)
    report.created += written["created"]
    report.fixed += written["fixed"]
    report.unchanged += written["unchanged"] + counted["unchanged"]


def _keep(good: dict[_Key, MemberLine], member: MemberLine) -> bool:
    """Take a line in; of two about the same member and payer the one with the newer day stays."""
    key = (member.id_type, member.id_key, member.payer)
    before = good.get(key)
    if before is None or _is_newer(member.seen_at, before.seen_at):
        good[key] = member
    return before is None


def _is_newer(day: datetime | None, than: datetime | None) -> bool:
    return day is not None and (than is None or day > than)


def _write(job: _Import, members: Sequence[MemberLine], *, dry_run: bool) -> dict[str, int]:
    """Write what the directory does not say yet; how many lines are new, newer and known."""
    known = _known(job.team, members)
    new, newer = [], []
    for member in members:
        payer_id = job.loaded.ids[member.payer]
        stored = known.get((member.id_type, member.id_key, payer_id))
        line = KnownMember(
            team=job.team,
            id_type=member.id_type,
            id_key=member.id_key,
            payer_id=payer_id,
            source=KnownMember.Source.IMPORT,
            seen_at=member.seen_at or job.now,
        )
        if stored is None:
            new.append(line)
        elif _is_newer(member.seen_at, stored.seen_at):
            line.pk, line.source = stored.pk, stored.source
            newer.append(line)
    if not dry_run:
        # A payer's answer may write the same line at this moment: then that one stays.
        KnownMember.objects.bulk_create(new, ignore_conflicts=True)
        KnownMember.objects.bulk_update(newer, ["seen_at"])
    same = len(members) - len(new) - len(newer)
    return {"created": len(new), "fixed": len(newer), "unchanged": same}


def _known(team: Team, members: Iterable[MemberLine]) -> dict[tuple[str, str, int], KnownMember]:
    """What the directory says of these members already."""
    lines = KnownMember.objects.of_keys({member.id_key for member in members}).filter(team=team)
    return {(line.id_type, line.id_key, line.payer_id): line for line in lines}
