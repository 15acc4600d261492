"""Files of checks: their columns, their rows, and the files that go out."""
