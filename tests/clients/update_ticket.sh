# The documentation's curl example as it stands; the test puts in address, key and ticket.
curl -X PUT https://api.ayra.ai/v1/tickets/ticket_abc123xyz789 \
  -H "Authorization: Bearer sk_live_abc123xyz789" \
  -H "Content-Type: application/json" \
  -d '{
    "status": "in_progress",
    "assigned_to": "user_jane_smith",
    "internal_note": "Contacted customer to verify refund amount."
  }'
