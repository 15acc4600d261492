"""What became of a file's rows, in lines for a terminal."""

from __future__ import annotations

from eligibility.files.report import FileReport
from portal.intake.reports import counts_line, how_it_was_read, reason_lines


def summary(report: FileReport) -> list[str]:
    """What became of the rows, in lines for a terminal. Nothing that a row says is in it."""
    lines = [*how_it_was_read(report), _counts(report), *reason_lines(report)]
    if report.ambiguous_dates:
        lines.append(f"Dates that may mean two days, none guessed: {report.ambiguous_dates:,}.")
    if report.repeated_references:
        lines.append(f"References that stand twice in the file: {report.repeated_references:,}.")
    if report.batch_id:
        lines.append(f"Batch {report.batch_id}, submission {report.submission_id}.")
    elif report.submission_id:
        lines.append(f"Submission {report.submission_id}.")
    return lines


def _counts(report: FileReport) -> str:
    if report.is_correction:
        counts = {"fixed": report.fixed, "unchanged": report.unchanged}
        counts |= {"in conflict": report.conflicts, "rejected": report.rejected}
    else:
        counts = {"created": report.created, "known already": report.replayed}
        counts |= {"rejected": report.rejected}
    return counts_line(report, ", ".join(f"{count:,} {name}" for name, count in counts.items()))
