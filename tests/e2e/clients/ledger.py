"""What passed in this run: the source of docs/clients.md."""

from __future__ import annotations

import pytest
from msgspec import Struct

from tests.e2e.clients.gateways import Kind


class Cell(Struct, frozen=True, kw_only=True):
    """One place of the table: a call of a client on a kind of upstream."""

    client: str
    call: str
    kind: Kind
    by_alias: bool = False
    """Whether models are named by aliases with options, so that nothing is relayed."""

    def __str__(self) -> str:
        """Name the test."""
        return f"{self.client}: {self.call}: {self.kind}{', by alias' if self.by_alias else ''}"


class Ledger:
    """Collects what passed."""

    def __init__(self) -> None:
        self.versions: dict[str, str] = {}
        self.passed: dict[Cell, None] = {}
        self.reasons: set[str] = set()
        """The rules that explained a difference from a recorded answer."""

    def write(self, cell: Cell, version: str) -> None:
        """Note that a call passed: after the last assertion of its test."""
        self.versions[cell.client] = version
        self.passed[cell] = None


def ledger_of(config: pytest.Config) -> Ledger:
    """Return the record of a session."""
    return config.stash.setdefault(_LEDGER, Ledger())


_LEDGER = pytest.StashKey[Ledger]()
