"""docs/translation.md says what the code does."""

from __future__ import annotations

from pathlib import Path

from tests.contracts.translation_page import names, tables

PAGE = (Path(__file__).parents[2] / "docs" / "translation.md").read_text()


async def test_the_page_has_every_outcome() -> None:
    for heading, table in (await tables()).items():
        assert f"### {heading}\n\n{table}\n\n" in PAGE


def test_the_page_has_the_clients_own_names() -> None:
    assert f"\n\n{names()}\n\n" in PAGE
