from portal_client import CHECKS, call

status, headers, payer = call("GET", f"{CHECKS}/payers/TPA002")
print(status, payer["name"])
print("visit types:", ", ".join(payer["visit_types"]))
