"""The records as tables for people: on the terminal, and docs/torture.md.

`python -m tests.torture.report FILE ...` writes the page from raw records.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Record = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "torture.md"


def summary(record: Record) -> str:
    """A record in some lines: what struck, how rows ended, what was judged."""
    lines = [
        f"{record['database']}: seed {record['seed']}, {record['rows_accepted']:,} rows,"
        f" {record['sigkills']} SIGKILLs in {record['struck_for_s']:.0f} s,"
        f" settled {record['settled_in_s']:.0f} s later, {record['violations']} violations",
        "",
        *_columns(record["faults"]),
        *_columns({f"missed: {name}": count for name, count in record["missed"].items()}),
        "",
        *_columns(record["ends"]),
        *_columns(record["posts"]),
        *_columns(record["repeats"]),
        "",
    ]
    for verdict in record["verdicts"]:
        word = "BROKEN" if verdict["violations"] else "kept"
        lines.append(f"{word:7}{verdict['examined']:>8,}  {verdict['name']}")
        lines += [f"{'':17}{shown}" for shown in verdict["shown"]]
    return "\n".join(lines)


def _columns(counts: dict[str, int]) -> list[str]:
    return [f"{count:>8,}  {name}" for name, count in counts.items()]


def page(records: Sequence[Record]) -> str:
    """docs/torture.md: the result on each database, side by side."""
    template = (Path(__file__).parent / "page.md").read_text(encoding="utf-8")
    return template.format(
        runs=_table(_runs(records), records),
        faults=_table(_union(records, "faults"), records),
        ends=_table(_union(records, "ends"), records),
        verdicts=_table(_judged(records), records),
        repeats=_table(_union(records, "repeats"), records),
    )


def _table(rows: dict[str, list[str]], records: Sequence[Record]) -> str:
    head = ["", *(record["database"] for record in records)]
    lines = [head, ["---", *("---:" for _ in records)]]
    lines += [[name, *values] for name, values in rows.items()]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _runs(records: Sequence[Record]) -> dict[str, list[str]]:
    names = {
        "seed": "seed",
        "rows accepted": "rows_accepted",
        "paths of searches beside them": "paths_of_searches",
        "SIGKILLs wanted": "kills_wanted",
        "SIGKILLs": "sigkills",
        "calls that the payer saw": "calls",
        "seconds of faults": "struck_for_s",
        "seconds until every row had its end": "settled_in_s",
        "load of the machine at the end (2 cores)": "load_at_end",
        "**violations**": "violations",
    }
    return {name: [_shown(record[key]) for record in records] for name, key in names.items()}


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return str(value[0])
    return f"{value:,}" if isinstance(value, int) else str(value)


def _union(records: Sequence[Record], key: str) -> dict[str, list[str]]:
    names = dict.fromkeys(name for record in records for name in sorted(record[key]))
    return {
        name: [f"{record[key][name]:,}" if name in record[key] else "–" for record in records]
        for name in names
    }


def _judged(records: Sequence[Record]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    names = dict.fromkeys(each["name"] for record in records for each in record["verdicts"])
    for name in names:
        by_record = [
            next((each for each in record["verdicts"] if each["name"] == name), None)
            for record in records
        ]
        found[name] = [
            "–" if each is None else f"{each['violations']:,} of {each['examined']:,}"
            for each in by_record
        ]
    return found


def main(files: Sequence[str]) -> None:
    """Write the page from these records."""
    records = [record for file in files for record in json.loads(Path(file).read_text())]
    PAGE.write_text(page(records), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
