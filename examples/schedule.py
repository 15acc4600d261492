from datetime import datetime, timedelta

from portal_client import CHECKS, call

tomorrow = datetime.now().astimezone() + timedelta(days=1)
batch = {
    "requests": [
        {
            "id_value": card,
            "id_type": "CARDNUMBER",
            "tpa_name": "TPA002",
            "visit_type": "OUTPATIENT",
        }
        for card in ("SYN-ELIGIBLE", "SYN-NOT-ELIGIBLE")
    ],
    "scheduled_for": f"{tomorrow:%Y-%m-%d}T05:30:00",  # the clinic's own time: no zone is given
    "description": "Tomorrow's list",
}
status, headers, answer = call("POST", f"{CHECKS}/schedule-tasks", batch)
print(answer["message"])

batch_id = answer["data"]["batch_id"]
status, headers, answer = call("GET", f"{CHECKS}/batch-results/{batch_id}")
data = answer["data"]
print(data["batch_status"], data["completed_tasks"], "of", data["total_tasks"])
