"""What became of a file's rows, in lines for a terminal."""

from __future__ import annotations

from portal.intake.reasons import Reason, by_frequency
from records.importers.report import DONE, RecordReport


def summary(report: RecordReport) -> list[str]:
    """What became of the rows, in lines for a terminal. Nothing that a row says is in it."""
    lines = [f"Read as {report.read_as}.", *report.notices]
    if report.was_done:
        lines.append("This file came in within the last 24 hours; nothing was done now.")
    elif report.resumed_after:
        lines.append(f"Went on behind line {report.resumed_after:,}, where it had broken off.")
    lines.append(_counts(report))
    if report.waiting:
        lines.append(f"  Unedited {report.waiting:>7,} rows, which are rejected as before.")
    lines += _reasons("Rejected", report.errors)
    lines += _reasons("Doubtful", report.doubts)
    if report.submission_id:
        lines.append(f"Submission {report.submission_id}.")
    return lines


def _counts(report: RecordReport) -> str:
    would = "Dry run, nothing was stored. " if report.is_dry_run else ""
    counts = {name: getattr(report, name) for name in (*DONE, "conflicts")}
    said = [f"{count:,} {name}" for name, count in counts.items() if count or name == "created"]
    told = ", ".join([*said, f"{report.rejected:,} rejected"])
    return f"{would}{report.rows:,} rows: {told}."


def _reasons(title: str, reasons: dict[str, Reason]) -> list[str]:
    return [
        f"  {title} {reason.rows:>7,} × {reason.code}, as in: {reason.message}"
        for reason in by_frequency(reasons)
    ]
