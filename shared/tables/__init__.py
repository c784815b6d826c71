"""Turns the export a bureau already has (CSV, XLSX, XLS) into typed frames, with a clear answer for every trap.

Knows no service and no HTTP. CPU work: call it in a thread.
"""

from shared.tables.formats import open_table
from shared.tables.table import Column, Frame, Kind, Sheet, Table, TableInvalid

__all__ = ["Column", "Frame", "Kind", "Sheet", "Table", "TableInvalid", "open_table"]
