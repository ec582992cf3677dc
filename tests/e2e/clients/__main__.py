"""`python -m tests.e2e.clients`: run every client, write docs/clients.md."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import pytest


class Writer:
    """Writes the document when the tests have ended, whether or not all passed."""

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write it from what was noted.

        Nothing of ours may be imported before pytest is there to rewrite it.
        """
        document = import_module("tests.e2e.clients.document")
        ledger = import_module("tests.e2e.clients.ledger")
        document.FILE.write_text(document.render(ledger.ledger_of(session.config)))


here = Path(__file__).parent
left_out = f"{here.relative_to(Path.cwd())}/test_document.py"
sys.exit(pytest.main([str(here), "-q", "--deselect", left_out, *sys.argv[1:]], plugins=[Writer()]))
