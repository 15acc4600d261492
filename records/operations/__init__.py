"""The verbs of records: one function each, called alike by API, admin, jobs and commands."""
