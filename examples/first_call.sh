curl --silent "$PORTAL/v2/api-integration/create-task" \
  --header "Authorization: Bearer $KEY" \
  --header "Content-Type: application/json" \
  --data '{
    "id_value": "SYN-ELIGIBLE",
    "id_type": "CARDNUMBER",
    "tpa_name": "TPA002",
    "visit_type": "OUTPATIENT"
  }'
