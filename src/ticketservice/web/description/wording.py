"""What every schema and every field of it means, in words.

A field means the same wherever it stands, unless it is named with its schema.
"""

SCHEMAS = {
    "OpenTicket": "A ticket to be opened. What is left out is the default, or nothing.",
    "UpdateTicket": "What is to change. What is left out stays as it is; `{}` changes nothing.",
    "AddReply": "A reply that agent and customer both see.",
    "TicketPage": "Tickets that were asked for.",
    "Ticket": "A ticket as agents see it.",
    "SlaSummary": "The SLA clocks as of the ticket's newest event.",
    "ClockSummary": "An SLA clock as of the ticket's newest event.",
    "SlaMetrics": "All SLA clocks of a ticket as of a moment, and what they have been.",
    "ClockMetrics": "An SLA clock at a moment. Time leaves pauses out and is rounded down.",
    "Cycle": "A resolution that a reopening followed.",
    "Breach": "A target that ran out.",
    "TimeInStatus": "How long the ticket has been in a status, all its stays together.",
    "HistoryEntryPage": "Updates of a ticket, oldest first.",
    "HistoryEntry": "One update of a ticket.",
    "FieldChange": "What became of one field.",
    "Actor": "Who made a change.",
    "NotePage": "Internal notes, oldest first.",
    "Note": "An internal note, which no customer sees.",
    "ReplyPage": "Replies, oldest first.",
    "Reply": "What an agent or the customer said.",
    "FeedPage": "Events that follow on a position.",
    "FeedEvent": "An event of a ticket.",
    "PublicTicket": "All that a customer sees of a ticket.",
    "PublicReply": "What an agent or the customer said, as the customer sees it.",
    "PublicEntryPage": "What the customer sees of updates, oldest first.",
    "PublicEntry": "One update, as far as the customer sees it.",
    "Key": "The API key of the request.",
    "Health": "That the process lives.",
    "Ready": "That the service can do its work, part by part.",
}

FIELDS = {
    # a ticket
    "id": "Its id.",
    "Ticket.id": "The ticket's id; `null` in a dry run of an opening.",
    "subject": "What it is about: not blank.",
    "description": "The whole story.",
    "priority": "From 1, the most urgent, to 4.",
    "OpenTicket.priority": "From 1, the most urgent, to 4; 3 where it is left out.",
    "status": "A status of the workflow; without one of your own: `open`, `in_progress`, `pending`,"
    " `on_hold`, `resolved` or `closed`.",
    "OpenTicket.status": "A status of the workflow; its first where it is left out.",
    "UpdateTicket.status": "A status of the workflow. One that it does not allow after the present"
    " one is refused, with those it does.",
    "category": "What kind of matter it is, in your own words: not blank.",
    "assigned_to": "The user who works on it; `null`: nobody.",
    "requester_id": "The customer who asked.",
    "due_date": "When it is due: a date, or an instant in UTC.",
    "OpenTicket.due_date": "A date, kept as it is, or a date-time with offset, kept as the instant"
    " (RFC 3339; seconds may be left out, up to 6 fraction digits).",
    "UpdateTicket.due_date": "A date, kept as it is, or a date-time with offset, kept as the"
    " instant (RFC 3339; seconds may be left out, up to 6 fraction digits).",
    "tags": "Its tags, each once.",
    "OpenTicket.tags": "Its tags. Blanks around a tag are trimmed, duplicates collapse; limits"
    " count after that.",
    "UpdateTicket.tags": "Replaces all tags; `[]` clears them. Blanks around a tag are trimmed,"
    " duplicates collapse; limits count after that. Another order alone is no change.",
    "add_tags": "Adds these at the end, without a race against others who change tags. Not"
    " together with `tags`.",
    "remove_tags": "Removes these, before any are added. Not together with `tags`, nor a tag of"
    " `add_tags`.",
    "custom_fields": "Whatever else you keep of it.",
    "OpenTicket.custom_fields": "Whatever else you keep of it: up to 65,536 bytes of JSON and 8"
    " levels. A member that is `null` is left out.",
    "UpdateTicket.custom_fields": "Merged by JSON Merge Patch (RFC 7396): objects merge at every"
    " depth, `null` removes a member, everything else replaces. Merged, up to 65,536 bytes of JSON"
    " and 8 levels; integers of 64 bits.",
    "internal_note": "Adds a note that no customer ever sees: not blank. Always a change.",
    "created_at": "When it was opened.",
    "updated_at": "When it last changed.",
    "PublicTicket.updated_at": "When something last changed that the customer sees.",
    "resolved_at": "When it was last resolved; `null` while work goes on.",
    "closed_at": "When it was last closed; `null` unless it is.",
    "version": "How many events the ticket has had, this update included.",
    "Ticket.version": "How many events it has had; also its `ETag`.",
    "sla": "Its SLA clocks in short; `null` where no policy matches.",
    # updates
    "at": "When it happened; never before the one before it.",
    "by": "Who did it.",
    "key_id": "The API key.",
    "on_behalf_of": "The user that the header `Acting-User` named, if any.",
    "request_id": "The request that did it.",
    "changes": "What changed, in the order of a ticket's fields.",
    "field": "The field; a custom field as a path to the leaf, `custom_fields/order/id`; or"
    " `internal_note`, `reply`.",
    "from": "What it was; `null` where there was nothing.",
    "to": "What it is now; `null` where it is gone.",
    "author": "Who said it: `agent` or `customer`. A customer's reply puts a waiting ticket back to"
    " work and reopens a resolved one.",
    "FieldChange.author": "Who said it; only with a `reply`.",
    "body": "The text: not blank.",
    "items": "The page's items.",
    "FeedPage.items": "The events, in the order of the journal.",
    "FeedPage.next": "The position to go on from, whether there were events or not.",
    "position": "Where in the journal it stands.",
    "ticket_id": "The ticket that it happened to.",
    "FeedEvent.version": "The ticket's version after it.",
    "type": "What happened.",
    "data": "The fields of its type; `null` where this version of the service cannot read them.",
    "next": "The `cursor` of the page that follows; `null` on the last.",
    "total": "How many tickets all pages have; only if it was asked for.",
    "replies": "The newest 50 replies, oldest first.",
    # SLA
    "policy": "The policy that matches the ticket.",
    "calendar": "The policy's business calendar.",
    "as_of": "The moment of these figures.",
    "first_response": "Until an agent first responds.",
    "next_response": "Until an agent answers the customer's newest reply; `null` where none waits"
    " or has waited.",
    "resolution": "Until the ticket is resolved.",
    "state": "`running`, `paused`, `breached` (running and late), `met` or `missed` (ended late).",
    "Cycle.state": "`met` or `missed`.",
    "target_seconds": "The target in business time; `null`: there is none.",
    "Breach.target_seconds": "The target in business time.",
    "elapsed_seconds": "The business time that has passed.",
    "wall_seconds": "The real time that has passed.",
    "business_seconds": "The business time that has passed.",
    "started_at": "When the clock started.",
    "due_at": "When the target runs out, if nothing pauses the clock; `null` where it is paused,"
    " has ended or has no target.",
    "ended_at": "When it ended; `null` while it has not.",
    "breached_at": "When the target ran out; `null` where it has not.",
    "Breach.breached_at": "When the target ran out.",
    "cycles": "Every resolution that a reopening followed.",
    "breaches": "Every target that ever ran out, oldest first.",
    "clock": "The clock that it was a target of.",
    "reopen_count": "How often the ticket was reopened.",
    "first_resolved_at": "When it was first resolved; `null` where it never was.",
    "time_in_status": "By status, how long the ticket has been in it.",
    # keys and health
    "Key.id": "The key's id, as `by.key_id` tells it.",
    "account": "The account whose tickets it sees.",
    "name": "What whoever made it called it.",
    "scopes": "What it may do.",
    "expires_at": "When it stops working; `null`: never.",
    "Health.status": "`ok`: the process lives.",
    "Ready.status": "`ready`: it takes changes.",
    "checks": (
        "Each part by name: `ok`, or `failed` in the problem that is answered else. `read_models`"
        " may also be `building`, or `parked` where they leave out tickets."
    ),
}


def schema_text(schema: str) -> str:
    """Say what a schema is.

    Raises:
        KeyError: nothing is said of it here.
    """
    return SCHEMAS[schema]


def field(schema: str, name: str) -> str:
    """Say what a field of a schema means.

    Raises:
        KeyError: nothing is said of it here.
    """
    return FIELDS.get(f"{schema}.{name}") or FIELDS[name]
