from portal_client import CHECKS, call

status, headers, tasks = call("GET", f"{CHECKS}/last-5-tasks")
print("quotas:", headers["RateLimit-Policy"])
print("left:", headers["RateLimit"])
