curl --silent --get "$PORTAL/v2/api-integration/tasks" \
  --header "Authorization: Bearer $KEY" \
  --data-urlencode "client_reference=visit-1001" \
  --data-urlencode "limit=1"
