# TASK_ID is the task_id of the answer before.
until answer=$(curl --silent "$PORTAL/v2/api-integration/eligibility-result/$TASK_ID" \
      --header "Authorization: Bearer $KEY") &&
    echo "$answer" | grep -Eq '"status":"(PROCESS_COMPLETE|failed|cancelled)"'
do
  sleep 1
done
echo "$answer"
