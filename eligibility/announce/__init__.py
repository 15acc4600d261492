"""What webhooks are told of checks and batches (`portal.webhooks` keeps and sends it)."""
