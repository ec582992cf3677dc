"""docs/compatibility.md says of the replays what they prove."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.golden.page import counts, relayed, sections
from tests.integration.golden.recordings import FILES

PAGE = (Path(__file__).parents[3] / "docs" / "compatibility.md").read_text()


@pytest.mark.parametrize("sentence", [*map(counts, FILES), relayed()])
def test_the_page_has_the_counts(sentence: str) -> None:
    assert sentence in PAGE


@pytest.mark.parametrize("listed", list(sections()), ids=lambda listed: listed.partition(" (")[0])
def test_the_page_names_each_exchange_that_differs(listed: str) -> None:
    assert f"\n\n{listed}\n" in PAGE
