"""Believable tickets of a shop's support desk, told through the desk like any other change."""
