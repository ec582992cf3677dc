"""How much work one answer may take. An instance is made in one go, while nobody else is served.

Reading, making, checking and comparing all pay from the same `Budget`, so no schema keeps
the server busy for long, however its keywords multiply each other.
"""

from __future__ import annotations

from adapters.backends.offline.schema.refusals import SchemaRefused

STEPS = 50_000
"""A step is about a microsecond: one comparison, or a small part of visiting a schema."""

CHARACTERS_A_STEP = 20
"""Of text that is made, and that is then written and sent."""


class Budget:
    """The steps that are left. Remembers the place last visited, to say where they ran out."""

    def __init__(self, steps: int = STEPS) -> None:
        """Allow so many steps."""
        self.left = steps
        self._at = "#"

    def visit(self, at: str, steps: int) -> None:
        """Spend steps at this place and the place after it. Raises `SchemaRefused`."""
        self._at = at
        self.spend(steps)

    def spend(self, steps: int = 1) -> None:
        """Spend steps at the place last visited. Raises `SchemaRefused` if there are too few."""
        self.left -= steps
        if self.left < 0:
            raise SchemaRefused("the schema is too large to honour", self._at)
