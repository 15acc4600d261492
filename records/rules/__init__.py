"""The rules of records: pure, set-wise, one answer for each row."""

from records.rules.base import Checked, Facts, Record

__all__ = ["Checked", "Facts", "Record"]
