"""One lane: how fast it may go, whether it may go at all, and what it learns from replies.

The modules are arithmetic on a Connection (what people decided) and its LaneState (what
happened), without a database; only `states` and `standing` read and write.
"""
