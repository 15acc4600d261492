curl --silent "$PORTAL/v2/api-integration/bulk/create-tasks?detail=full" \
  --header "Authorization: Bearer $KEY" \
  --header "Content-Type: application/json" \
  --data '{"requests": [
    {"id_value": "SYN-ELIGIBLE", "id_type": "CARDNUMBER", "tpa_name": "TPA002",
     "visit_type": "OUTPATIENT", "client_reference": "visit-1001"},
    {"id_value": "SYN-NOT-ELIGIBLE", "id_type": "CARDNUMBER", "tpa_name": "TPA002",
     "visit_type": "OUTPATIENT", "client_reference": "visit-1002"},
    {"id_value": "SYN-ELIGIBLE", "id_type": "CARDNUMBER", "tpa_name": "TPA002",
     "visit_type": "OUTPATIENTS", "client_reference": "visit-1003"}
  ]}'
