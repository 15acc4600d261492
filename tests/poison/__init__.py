"""A connector that can be told to kill, fill or hold up its worker; for tests alone."""
