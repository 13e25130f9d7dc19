"""What is written of read models: tables begun, filled, put in each other's place, and dropped."""

from collections.abc import Sequence

from msgspec.structs import astuple
from sqlite_utils import Database

from ticketprojections.views.generations import Generation, Source, View
from ticketprojections.views.read_model import ReadModel


class Store(View):
    """A write transaction on the read models."""

    def __init__(self, db: Database) -> None:
        super().__init__(db.conn)
        self.db = db

    def begin(self, model: ReadModel, position: int) -> Generation:
        """Make the tables of a read model anew, beside those that are live."""
        row = {"model": model.name, "version": model.version, "place": "building"}
        self.db.table("generations").insert({**row, "position": position, "opened": 0})
        number = next(self.select("SELECT max(generation) FROM generations"))[0]
        generation = Generation(number, model.name, model.version, "building", position, 0)
        model.create(self.db, generation.table)
        return generation

    def reach(self, generation: Generation, position: int, opened: int | None = None) -> None:
        """Note how far a generation has come."""
        self._connection.execute(
            "UPDATE generations SET position = ?, opened = ? WHERE generation = ?",
            [position, opened, generation.number],
        )

    def swap(self, built: Generation, model: ReadModel) -> None:
        """Let what was built answer from now on, instead of what did."""
        for each in self.generations("live"):
            if each.model == model.name:
                self.retire(each)
        self._connection.execute(
            "UPDATE generations SET place = 'live' WHERE generation = ?", [built.number]
        )
        for name in model.tables:
            # An index for search can be asked by its own name only, and not be listed.
            if not self.db.table(built.table(name)).virtual_table_using:
                self.db.create_view(name, f"SELECT * FROM {built.table(name)}", replace=True)

    def retire(self, generation: Generation) -> None:
        """Let a generation answer no more, nor its names stand for what is about to be dropped."""
        for name in self._tables(generation):
            self._connection.execute(f"DROP VIEW IF EXISTS {name}")
        self._connection.execute(
            "UPDATE generations SET place = 'old' WHERE generation = ?", [generation.number]
        )

    def _tables(self, generation: Generation) -> list[str]:
        """Name a generation's tables as they are: its version may have had others."""
        suffix = generation.table("")
        query = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB ?"
        names = [name for (name,) in self.select(query, [f"*{suffix}"])]
        return [name.removesuffix(suffix) for name in names]

    def drop(self, generation: Generation) -> None:
        """Remove a generation that does not answer."""
        for name in self._tables(generation):
            self._connection.execute(f"DROP TABLE {generation.table(name)}")
        for table in ("parked", "generations"):
            self._connection.execute(
                f"DELETE FROM {table} WHERE generation = ?", [generation.number]
            )

    def park(self, generation: Generation, ticket_id: str, version: int, reason: str) -> None:
        """Keep a ticket out until it is retried."""
        row = [generation.number, ticket_id, version, reason]
        self._connection.execute("INSERT OR REPLACE INTO parked VALUES (?, ?, ?, ?)", row)

    def unpark(self, generation: Generation, ticket_ids: Sequence[str]) -> None:
        """Let tickets in again."""
        self._connection.executemany(
            "DELETE FROM parked WHERE generation = ? AND ticket_id = ?",
            [(generation.number, ticket_id) for ticket_id in ticket_ids],
        )

    def parked_in(self, generation: Generation) -> set[str]:
        query = "SELECT ticket_id FROM parked WHERE generation = ?"
        return {ticket_id for (ticket_id,) in self.select(query, [generation.number])}

    def made_of(self, source: Source) -> None:
        """Note which journal this is made of, as far as any generation has come. Of an empty one
        there is nothing to note: it may yet become any."""
        noted = self.source()
        if source.position > (noted.position if noted else 0):
            self._connection.execute("DELETE FROM source")
            self._connection.execute("INSERT INTO source VALUES (?, ?, ?)", astuple(source))
