"""Files of practitioners: what their rows say, and the files that go out. No database."""
