# TOMORROW is a day such as 2026-11-23.
curl --silent "$PORTAL/v2/api-integration/schedule-tasks" \
  --header "Authorization: Bearer $KEY" \
  --header "Content-Type: application/json" \
  --data @- <<JSON
{
  "requests": [
    {"id_value": "SYN-ELIGIBLE", "id_type": "CARDNUMBER", "tpa_name": "TPA002",
     "visit_type": "OUTPATIENT"}
  ],
  "scheduled_for": "${TOMORROW}T05:30:00",
  "description": "Tomorrow's list"
}
JSON
