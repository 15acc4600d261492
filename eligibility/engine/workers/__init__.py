"""The processes that do the work: kept alive, watched, and woken by the clock."""
