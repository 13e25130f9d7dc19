"""A journal as lines of JSON, to be kept or to be taken to another storage.

Nothing is lost on the way: positions, versions, instants, actors and hashes come back as they were,
and what is exported again is the same to the byte.
"""

from ticketdomain.transfer.exporting import export
from ticketdomain.transfer.importing import import_lines

__all__ = ["export", "import_lines"]
