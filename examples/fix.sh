# SUBMISSION_ID came with the rejected rows; 2 is the place of the row in that request.
curl --silent --request PATCH \
  "$PORTAL/v2/api-integration/submissions/$SUBMISSION_ID/rows/2" \
  --header "Authorization: Bearer $KEY" \
  --header "Content-Type: application/json" \
  --data '{"visit_type": "OUTPATIENT"}'
