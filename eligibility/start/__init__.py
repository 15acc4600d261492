"""The page "Getting started" at /api/start/: how a program talks to the portal, step by step.

Its snippets are the files in `examples/`, as they stand; the tests run every one of them against a
live portal and hold what it prints against what the page says (`tests/eligibility/start/`).
"""
