"""SLA metrics: a pure function of a ticket's events, the policies in force, and a moment."""

from ticketprojections.sla.fold import Sla
from ticketprojections.sla.measure import measure
from ticketprojections.sla.metrics import (
    Breach,
    ClockMetrics,
    Cycle,
    SlaMetrics,
    SlaSummary,
    TimeInStatus,
)
from ticketprojections.sla.policy import Policies, Policy, Targets

__all__ = [
    "Breach",
    "ClockMetrics",
    "Cycle",
    "Policies",
    "Policy",
    "Sla",
    "SlaMetrics",
    "SlaSummary",
    "Targets",
    "TimeInStatus",
    "measure",
]
