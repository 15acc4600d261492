"""`make torture`: kill everything at random moments, let payers misbehave, and judge the end."""

COUNT_VARIABLE = "TORTURE_HINTS"
"""Names the file that grows by one byte for each hint that was put in three times."""
DEATHS_VARIABLE = "TORTURE_DEATHS"
"""Names the file that grows by one line for each process that died as a request ordered it."""
DIES_HEADER = "X-Torture-Dies"
"""Orders the process that takes a request to die: when, and the request's name."""
