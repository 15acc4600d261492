"""What a file of practitioners would do, found by a trial run of the operation that does it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO, Final

from portal import uploads
from portal.badges import Colour
from portal.intake.issues import Issue
from portal.intake.readers import Unreadable
from portal.intake.reasons import Reason, by_frequency
from portal.models import Team
from portal.uploads import ENCODINGS, Upload
from records.choices import IntegrationStatus, OnConflict
from records.importers.report import RecordReport
from records.importers.rows import FileRow
from records.models import Integration
from records.operations.filing import Watch, Wishes
from records.operations.imports import import_practitioners
from records.presentation.fields import place

ROWS_SHOWN: Final = 12
NONE: Final = "none"
"""For rows that belong to no integration, or name one themselves."""
PROFILES: Final = (
    ("strict", "Strict", "What is doubtful is not accepted and waits to be fixed."),
    ("lenient", "Lenient", "What is doubtful comes in, with a warning on the record."),
)
CONFLICTS: Final = (
    (OnConflict.UPDATE.value, "Update them", "Only what the file says otherwise is changed."),
    (OnConflict.SKIP.value, "Leave them", "Only practitioners that are new come in."),
    (OnConflict.ERROR.value, "Do not accept the rows", "They wait for somebody to decide."),
)


def team_of(user: Any) -> Team | None:
    """The person's team; who looks after the machine has none."""
    team: Team | None = user.team
    return team


def integrations_of(team: Team | None) -> list[tuple[str, str]]:
    """(id, name) of the integrations that are offered."""
    active = Integration.objects.filter(team=team, status=IntegrationStatus.ACTIVE)
    return list(active.order_by("name").values_list("pk", "name")) if team else []


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked beside the file. `integration` is an id, NONE, or "" while nobody chose."""

    integration: str = ""
    profile: str = "strict"
    on_conflict: str = OnConflict.UPDATE.value

    @classmethod
    def read(cls, given: Mapping[str, Any], team: Team | None) -> Asked | None:
        """What a form says; None when it names no integration of the team, or nonsense."""
        known = {NONE, *(pk for pk, _ in integrations_of(team))}
        asked = cls(
            str(given.get("integration", "")),
            str(given.get("profile", "strict")),
            str(given.get("on_conflict", OnConflict.UPDATE.value)),
        )
        is_known = asked.profile in {word for word, *_ in PROFILES}
        is_known = is_known and asked.on_conflict in OnConflict.values
        return asked if is_known and asked.integration in known else None

    @classmethod
    def of(cls, upload: Upload) -> Asked:
        """What was asked with a kept file."""
        said = upload.options
        return cls(said["integration"], said["profile"], said["on_conflict"])

    def as_options(self) -> dict[str, str]:
        """To be kept with the file."""
        return {
            "integration": self.integration,
            "profile": self.profile,
            "on_conflict": self.on_conflict,
        }


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """One row that is not accepted: where it stands and what is wrong, never what it says."""

    line: int
    field: str
    message: str
    suggestion: str


@dataclass(slots=True)
class Trial:
    """The outcome of a trial run. `problem` says why the file as a whole is of no use."""

    report: RecordReport = field(default_factory=RecordReport)
    refused: list[RefusedLine] = field(default_factory=list)
    refused_more: int = 0
    problem: Unreadable | None = None

    @property
    def read_as(self) -> str:
        """How the file was read: "CSV, UTF-8, comma"."""
        words = dict(ENCODINGS)
        return ", ".join(words.get(part, part) for part in self.report.read_as.split(", "))

    @property
    def asks_encoding(self) -> bool:
        """Whether somebody has to say how the text is written."""
        return self.problem is not None and self.problem.code == "file.encoding"

    @property
    def errors(self) -> list[Reason]:
        """Why rows are not accepted, the commonest reason first."""
        return _in_words(self.report.errors)

    @property
    def doubts(self) -> list[Reason]:
        """What is odd about accepted rows, the commonest first."""
        return _in_words(self.report.doubts)

    @property
    def tiles(self) -> list[tuple[str, str, Colour, int]]:
        """(word, icon, colour, rows) of what would become of the rows; they add up to the file."""
        report = self.report
        found: list[tuple[str, str, Colour, int]] = [
            ("New practitioners", "person_add", "green", report.created),
            ("Updated", "sync", "blue", report.updated),
            ("Corrected", "build", "green", report.fixed),
            ("As they are", "remove", "grey", report.unchanged + report.skipped),
            ("Changed by somebody else", "sync_problem", "amber", report.conflicts),
            ("Not accepted", "edit_off", "amber", report.rejected),
        ]
        always = {"Not accepted", "Corrected" if report.corrections else "New practitioners"}
        return [tile for tile in found if tile[3] or tile[0] in always]

    @property
    def is_worth_it(self) -> bool:
        """Whether anything would come in or change."""
        return bool(self.report.created or self.report.updated or self.report.fixed)


def _in_words(reasons: dict[str, Reason]) -> list[Reason]:
    return [
        replace(each, field=place(f"/{each.field}") if each.field else "")
        for each in by_frequency(reasons)
    ]


def bring_in(
    upload: Upload,
    user: Any,
    *,
    dry_run: bool = False,
    refused: Callable[[FileRow, Sequence[Issue]], None] | None = None,
    keep_going: Callable[[], bool] = lambda: True,
    request_id: str = "",
) -> RecordReport:
    """The one call of the operation, for the trial and for the real run alike.

    A file of corrections is brought in whole: `keep_going` is not asked.
    """
    asked = Asked.of(upload)
    wishes = Wishes(
        team=user.team,
        actor=user.pk,
        integration_id=None if asked.integration == NONE else asked.integration,
        profile=asked.profile,
        on_conflict=asked.on_conflict,
        dry_run=dry_run,
        request_id=request_id,
    )
    corrects = [False]

    def progress(report: RecordReport) -> None:
        corrects[0] = bool(report.corrections)

    watch = Watch(
        progress=progress, refused=refused, keep_going=lambda: corrects[0] or keep_going()
    )
    with upload.read() as content, _roles_of(upload, user) as roles:
        return import_practitioners(
            content,
            wishes,
            name=upload.name,
            encoding=upload.options.get("encoding"),
            roles=roles,
            watch=watch,
        )


@contextmanager
def _roles_of(upload: Upload, user: Any) -> Iterator[BinaryIO | None]:
    """The second file that came with this one."""
    second = uploads.find(upload.options.get("roles", ""), owner=user.pk)
    if second is None:
        yield None
        return
    with second.read() as content:
        yield content


def try_out(upload: Upload, user: Any) -> Trial:
    """Run the file without storing anything, and remember the first rows that are refused."""
    trial = Trial()

    def refused(row: FileRow, issues: Sequence[Issue]) -> None:
        if len(trial.refused) >= ROWS_SHOWN:
            trial.refused_more += 1
            return
        issue = issues[0]
        suggestion = "" if issue.suggestion is None else str(issue.suggestion)
        name = place(issue.pointer)
        trial.refused.append(RefusedLine(row.line, name, issue.message, suggestion))

    try:
        trial.report = bring_in(upload, user, dry_run=True, refused=refused)
    except Unreadable as problem:
        trial.problem = problem
    return trial
