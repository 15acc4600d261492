import os
import time

from portal_client import CHECKS, call

FINAL = {"PROCESS_COMPLETE", "failed", "cancelled"}

task_id = os.environ["TASK_ID"]  # the task_id of the answer before
while True:
    status, headers, task = call("GET", f"{CHECKS}/eligibility-result/{task_id}")
    if task["status"] in FINAL:
        break
    time.sleep(1)

answer = task["eligibility_result"]["data_dump"]
print(task["status"], answer["status"])
print("eligible:", answer["data"]["is_eligible"])
print("plan:", answer["data"]["policy_network"]["policy_plan_name"])
