"""What became of a file's rows, in lines for a terminal."""

from __future__ import annotations

from eligibility.files.report import FileReport, Reason, by_frequency


def summary(report: FileReport) -> list[str]:
    """What became of the rows, in lines for a terminal. Nothing that a row says is in it."""
    lines = [f"Read as {report.read_as}.", *report.notices]
    if report.was_done:
        lines.append("This file came in within the last 24 hours; nothing was done now.")
    elif report.resumed_after:
        lines.append(f"Went on behind line {report.resumed_after:,}, where it had broken off.")
    lines.append(_counts(report))
    lines += _reasons("Rejected", report.errors)
    lines += _reasons("Doubtful", report.doubts)
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
    would = "Dry run, nothing was stored. " if report.is_dry_run else ""
    if report.is_correction:
        counts = {"fixed": report.fixed, "unchanged": report.unchanged}
        counts |= {"in conflict": report.conflicts, "rejected": report.rejected}
    else:
        counts = {"created": report.created, "known already": report.replayed}
        counts |= {"rejected": report.rejected}
    told = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    return f"{would}{report.rows:,} rows: {told}."


def _reasons(title: str, reasons: dict[str, Reason]) -> list[str]:
    return [
        f"  {title} {reason.rows:>7,} × {reason.code}, as in: {reason.message}"
        for reason in by_frequency(reasons)
    ]
