"""Days as spreadsheets count them."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Final

_SERIAL = re.compile(r"\d{1,5}(?:\.\d{1,15})?", re.ASCII)
_EPOCHS: Final = {1900: datetime(1899, 12, 30), 1904: datetime(1904, 1, 1)}  # noqa: DTZ001


def day_of_serial(text: str, dates_from: int) -> str | None:
    """The day, or moment, of a spreadsheet's serial number, as ISO text; None for any other text.

    `dates_from` is the workbook's year (`Table.dates_from`). A day before March 1900 or after
    2099 is no day that somebody meant.
    """
    if _SERIAL.fullmatch(text) is None:
        return None
    days = float(text)
    moment = _EPOCHS[dates_from] + timedelta(days=days)
    if not date(1900, 3, 1) <= moment.date() <= date(2099, 12, 31):
        return None
    if days.is_integer():
        return moment.date().isoformat()
    rounded = (moment + timedelta(seconds=30)).replace(second=0, microsecond=0)
    return rounded.isoformat(" ", "minutes")
