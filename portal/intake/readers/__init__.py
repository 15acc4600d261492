"""Files of rows, whatever wrote them, as one kind of table."""

from portal.intake.readers.base import Line, Table, Unreadable
from portal.intake.readers.detect import read_table

__all__ = ["Line", "Table", "Unreadable", "read_table"]
