"""Every code of an error, and what it means."""

# With the status it comes with.
PROBLEMS = {
    "bad_header": (400, "a header is malformed; `errors` names it"),
    "malformed_json": (
        400,
        "the body is no JSON, which includes NaN, Infinity, lone surrogates, numbers beyond a"
        " double and nesting beyond 100 levels",
    ),
    "unauthorized": (401, "the API key is missing, malformed, unknown, expired or revoked"),
    "insufficient_scope": (403, "the API key lacks the scope that `scope` names"),
    "not_found": (404, "there is no such address, or no such ticket for this key"),
    "method_not_allowed": (405, "the address knows no such method; `Allow` names those it does"),
    "version_mismatch": (
        412,
        "the ticket is at no version that `If-Match` names; `current_version` is its own, and"
        " `changes`, for a key with `tickets:read`, up to 200 updates since the version named",
    ),
    "content_too_large": (413, "the body is over 1 MiB"),
    "unsupported_media_type": (415, "the body is of another media type than JSON"),
    "invalid": (422, "the body or a parameter cannot be used; `errors` names up to 100 faults"),
    "idempotency_key_reused": (422, "this `Idempotency-Key` was used with another body"),
    "internal": (500, "the service has failed; tell us the `request_id`"),
    "undecodable_stream": (500, "what is stored of this ticket cannot be read"),
    "unavailable": (503, "storage cannot be used now, and nothing was written; try again"),
    "outcome_unknown": (
        503,
        "storage failed while committing: the change may or may not be there. An"
        " `Idempotency-Key` makes a retry safe",
    ),
}
FAULTS = {
    "required": "the field is needed",
    "null_not_allowed": "the field takes no `null`",
    "wrong_type": "a value of another JSON type is needed",
    "out_of_range": "a number or an instant is outside its limits",
    "blank": "the text has nothing but blanks",
    "too_long": "the text has too many characters",
    "too_many": "there are too many items",
    "too_large": "the custom fields are over 65,536 bytes of JSON after merging",
    "too_deep": "the custom fields are nested beyond 8 levels",
    "bad_format": "the text is not written as it must be",
    "bad_character": "the text contains NUL",
    "not_allowed": "only the values in `allowed` are taken",
    "conflict": "two things that were asked for exclude each other",
    "unknown_field": "there is no such field or parameter here",
    "read_only": "it is a field of tickets that this request cannot set",
    "idempotency_key_reused": "the key was used with another body",
}
