"""The documentation's Python example as it stands, but that the answer is printed at the end.

The test puts in address, key and ticket. Its code is not ours to type, to lint or to format:
"""
# mypy: ignore-errors
# pyright: basic
# ruff: noqa
# fmt: off

import json

import requests


def update_ticket(ticket_id, **updates):
    url = f'https://api.ayra.ai/v1/tickets/{ticket_id}'
    headers = {
        'Authorization': 'Bearer sk_live_abc123xyz789',
        'Content-Type': 'application/json'
    }

    response = requests.put(url, json=updates, headers=headers)

    if response.status_code == 200:
        ticket = response.json()
        print(f"Ticket updated: {ticket_id}")
        return ticket
    else:
        print('Error:', response.json())
        raise Exception(f'Failed to update ticket: {response.status_code}')


ticket = update_ticket(
    'ticket_abc123',
    priority=1,
    status='open',
    assigned_to='user_manager',
    internal_note='ESCALATED: Customer threatening legal action'
)

print(json.dumps(ticket))
