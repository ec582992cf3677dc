"""Why no instance can be made of a schema."""

from __future__ import annotations


class SchemaRefused(Exception):
    """No instance can be made of this schema. The message says why and where."""

    def __init__(self, reason: str, at: str) -> None:
        """Say what is wrong and the JSON pointer of its place."""
        super().__init__(f"{reason} at {at}")
        self.message = f"{reason} at {at}"


class BranchRefused(SchemaRefused):
    """This way leads to nothing, but another branch of a union may."""


class EndlessRecursion(BranchRefused):
    """A schema needs an instance of itself inside its own instance."""

    def __init__(self, at: str) -> None:
        super().__init__("the recursion never ends", at)
