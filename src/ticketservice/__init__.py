"""The service around the domain: HTTP, command line, settings, and what puts them together."""
