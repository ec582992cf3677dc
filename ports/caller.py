"""Who is asking."""

from __future__ import annotations

from msgspec import Struct


class Caller(Struct, frozen=True, kw_only=True):
    """One client as far as the core may know it.

    `models` are globs over the names it may use; empty for all of them.
    """

    name: str = ""
    models: tuple[str, ...] = ()
    admin: bool = False


ANYONE = Caller()
"""A client of a server without keys."""

STRANGER = Caller()
"""A client that has shown no valid key to a server with keys; it gets in where none is needed.

Told from `ANYONE` by identity: it may do the same, and be told less."""
