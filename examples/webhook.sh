# HOOK is an https address of yours.
curl --silent "$PORTAL/v2/api-integration/webhooks" \
  --header "Authorization: Bearer $KEY" \
  --header "Content-Type: application/json" \
  --data @- <<JSON
{
  "url": "$HOOK",
  "events": ["task.done", "task.failed", "batch.completed"],
  "description": "Our practice system"
}
JSON
