"""`make torture`: kill everything at random moments, let payers misbehave, and judge the end."""

COUNT_VARIABLE = "TORTURE_HINTS"
"""Names the file that grows by one byte for each hint that was put in three times."""
