"""The records as a table for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tests.benchmarks.measure import Record

HEAD = ("name", "db", "rows", "median ms", "x floor", "goal", "verdict")


def with_verdict(record: Record, goals: dict[str, float]) -> Record:
    """The record with its goals, and whether it met them.

    `goals` are {"ratio": the most times the floor, "share": the least part of the floor's pace,
    "cpu_us": the most microseconds a row, "<name>": times faster than that contender}.
    """
    missed = [goal for goal, limit in goals.items() if not _met(goal, limit, record)]
    verdict = "missed" if missed else "met"
    return record | {"goals": goals, "verdict": verdict if goals else ""}


def _met(goal: str, limit: float, record: Record) -> bool:
    if goal in ("ratio", "cpu_us"):
        return bool(record[goal] <= limit)
    if goal == "share":
        return bool(record["share"] >= limit)
    return bool(record["faster_than"][goal] >= limit)


def table(records: Iterable[Record]) -> str:
    """One line a record, columns aligned."""
    lines = [HEAD, *(_line(record) for record in records)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(_aligned(line, widths) for line in lines)


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    left = {0, 1, 5, 6}
    cells = [
        text.ljust(width) if place in left else text.rjust(width)
        for place, (text, width) in enumerate(zip(line, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()


def _line(record: Record) -> tuple[str, ...]:
    verdict = record.get("verdict", "")
    noisy = " (noisy: the floor itself spreads too far)" if record["noisy"] else ""
    return (
        record["name"],
        record["db"],
        f"{record['rows']:,}",
        f"{record['median_ms']:,.1f}",
        f"{record['ratio']:.2f}",
        _goals(record),
        f"{verdict}{noisy}".strip(),
    )


def _goals(record: Record) -> str:
    said = []
    for goal, limit in record.get("goals", {}).items():
        if goal == "ratio":
            said.append(f"<= {limit:g}x floor")
        elif goal == "share":
            said.append(f">= {limit:g} of the pace: {record['share']:.2f}")
        elif goal == "cpu_us":
            said.append(f"<= {limit:g} us CPU a row: {record['cpu_us']:.0f}")
        else:
            said.append(f">= {limit:g}x faster than {goal}: {record['faster_than'][goal]:.1f}x")
    return ", ".join(said)
