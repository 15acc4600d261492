from portal_client import CHECKS, call

row = {
    "id_value": "SYN-ELIGIBLE",
    "id_type": "CARDNUMBER",
    "tpa_name": "TPA002",
    "visit_type": "OUTPATIENT",
}
status, headers, answer = call("POST", f"{CHECKS}/create-task", row)
print(answer["message"])
print(answer["data"]["task_id"])
