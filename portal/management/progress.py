"""How far a command is, for whoever watches its terminal."""

from __future__ import annotations

import time
from typing import Any

from portal.intake.reports import Report


class Progress:
    """A line that is written over as rows come in; nothing where nobody watches."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._is_watched = stream.isatty()
        self._begun = time.monotonic()

    def show(self, report: Report) -> None:
        """Show how far the file is."""
        if not self._is_watched:
            return
        pace = report.rows / max(time.monotonic() - self._begun, 0.001)
        text = f"{report.rows:,} rows, {report.rejected:,} rejected, {pace:,.0f} rows a second"
        self._stream.write(f"\r\x1b[K{text}", ending="")
        self._stream.flush()
