import os

from portal_client import CHECKS, call

hook = {
    "url": os.environ["HOOK"],  # an https address of yours
    "events": ["task.done", "task.failed", "batch.completed"],
    "description": "Our practice system",
}
status, headers, answer = call("POST", f"{CHECKS}/webhooks", hook)
print("shown this once:", answer["data"]["secret"])
