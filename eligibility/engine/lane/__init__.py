"""One lane: how fast it may go, whether it may go at all, and what it learns from replies.

Most modules are arithmetic on a Connection (what people decided) and its LaneState (what
happened), without a database; only `states`, `standing` and `learn` read and write.
"""
