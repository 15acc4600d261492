from __future__ import annotations

import re
from pathlib import Path

from records.rules.severity import SEVERITIES, Severity

PAGE = Path(__file__).parents[3] / "docs" / "record-rules.md"
_SAYS = "(error|warning|-)"
_ROW = re.compile(rf"^\| `([^`]+)` \| .+ \| {_SAYS} \| {_SAYS} \|$", re.MULTILINE)
_WORDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.OFF: "-"}


def test_the_page_lists_every_rule_with_what_it_does() -> None:
    listed = {
        code: (lenient, strict)
        for code, lenient, strict in _ROW.findall(PAGE.read_text(encoding="utf-8"))
    }
    assert listed == {
        code: (_WORDS[lenient], _WORDS[strict]) for code, (lenient, strict) in SEVERITIES.items()
    }
