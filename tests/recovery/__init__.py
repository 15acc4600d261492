"""How long real workers take to recover from being wedged or orphaned."""
