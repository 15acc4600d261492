from portal_client import CHECKS, call


def row(card, reference, visit_type="OUTPATIENT"):
    return {
        "id_value": card,
        "id_type": "CARDNUMBER",
        "tpa_name": "TPA002",
        "visit_type": visit_type,
        "client_reference": reference,
    }


rows = [
    row("SYN-ELIGIBLE", "visit-2001"),
    row("SYN-NOT-ELIGIBLE", "visit-2002"),
    row("SYN-ELIGIBLE", "visit-2003", visit_type="OUTPATIENTS"),
]
status, headers, answer = call("POST", f"{CHECKS}/bulk/create-tasks", {"requests": rows})
data = answer["data"]
print(data["total_created"], "created,", data["total_errors"], "rejected")
for error in data["errors"]:
    print("row", error["row"], error["pointer"], error["code"], "->", error["suggestion"])
print("submission:", data["submission_id"])
