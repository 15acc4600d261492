import time
import urllib.error
import uuid

from portal_client import CHECKS, call

TRY_AGAIN = {409, 429, 500, 502, 503, 504}


def call_until_it_is_done(method, path, body):
    """Send it again after a lost answer, a full quota or an outage: it happens once."""
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    for pause in (1, 2, 4, 8, 16):
        try:
            status, answered, answer = call(method, path, body, headers)
        except (urllib.error.URLError, TimeoutError):
            time.sleep(pause)
            continue
        if status not in TRY_AGAIN or (status == 409 and "Retry-After" not in answered):
            return status, answer
        time.sleep(int(answered.get("Retry-After", pause)))
    raise SystemExit("The portal is out of reach.")


row = {
    "id_value": "SYN-ELIGIBLE",
    "id_type": "CARDNUMBER",
    "tpa_name": "TPA002",
    "visit_type": "OUTPATIENT",
    "client_reference": "visit-3001",
}
for _ in range(2):
    status, answer = call_until_it_is_done("POST", f"{CHECKS}/create-task?detail=full", row)
    print(status, answer["data"]["row_status"])
