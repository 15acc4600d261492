"""When lanes and batches will be finished, from measured pace, limits and hours."""
