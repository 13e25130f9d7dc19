"""The read model of tickets: what many of them are listed, filtered and searched by."""

from ticketprojections.tickets.model import tickets_model

__all__ = ["tickets_model"]
