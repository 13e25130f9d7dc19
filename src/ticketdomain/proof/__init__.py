"""Proves that a journal is what was written: each event by itself, and all of them by a seal."""

from ticketdomain.proof.check import Finding, check
from ticketdomain.proof.seal import Seal, broken, seal
from ticketdomain.proof.snapshots import check_snapshots

__all__ = ["Finding", "Seal", "broken", "check", "check_snapshots", "seal"]
