curl --silent "$PORTAL/v2/api-integration/payers/TPA002" \
  --header "Authorization: Bearer $KEY"
