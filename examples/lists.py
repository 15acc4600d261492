import urllib.parse

from portal_client import CHECKS, call

query = {"tpa_name": "TPA002", "limit": 2}
count = 0
while True:
    path = f"{CHECKS}/tasks?{urllib.parse.urlencode(query)}"
    status, headers, page = call("GET", path)
    count += len(page["items"])
    if page["next"] is None:
        break
    query["cursor"] = page["next"]
print(count, "tasks")
