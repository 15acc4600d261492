"""The rules of records: pure, set-wise, one answer for each row."""

from records.rules.base import Checked, Facts, Record, RegisteredNpi
from records.rules.check import check_records

__all__ = ["Checked", "Facts", "Record", "RegisteredNpi", "check_records"]
