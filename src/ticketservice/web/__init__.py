"""HTTP: requests become commands, and what came of them becomes answers."""
