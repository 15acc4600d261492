# The same key twice: the second call does nothing and gets the first one's answer.
for attempt in 1 2
do
  curl --silent --include "$PORTAL/v2/api-integration/create-task" \
    --header "Authorization: Bearer $KEY" \
    --header "Content-Type: application/json" \
    --header "Idempotency-Key: list-of-$TOMORROW" \
    --data '{"id_value": "SYN-ELIGIBLE", "id_type": "CARDNUMBER", "tpa_name": "TPA002",
             "visit_type": "OUTPATIENT"}'
  echo
done
