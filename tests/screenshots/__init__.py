"""`make screenshots`: every page as people see it, from a demo with synthetic data only."""
