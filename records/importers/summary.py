"""What became of a file's rows, in lines for a terminal."""

from __future__ import annotations

from portal.intake.reports import counts_line, how_it_was_read, reason_lines
from records.importers.report import DONE, RecordReport


def summary(report: RecordReport) -> list[str]:
    """What became of the rows, in lines for a terminal. Nothing that a row says is in it."""
    lines = [*how_it_was_read(report), _counts(report)]
    if report.waiting:
        lines.append(f"  Unedited {report.waiting:>7,} rows, which are rejected as before.")
    lines += reason_lines(report)
    if report.submission_id:
        lines.append(f"Submission {report.submission_id}.")
    return lines


def _counts(report: RecordReport) -> str:
    counts = {name: getattr(report, name) for name in (*DONE, "conflicts")}
    said = [f"{count:,} {name}" for name, count in counts.items() if count or name == "created"]
    return counts_line(report, ", ".join([*said, f"{report.rejected:,} rejected"]))
