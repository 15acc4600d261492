curl --silent --output /dev/null --dump-header - "$PORTAL/v2/api-integration/last-5-tasks" \
  --header "Authorization: Bearer $KEY"
