"""A short run of what `make fuzz` does for longer."""

from __future__ import annotations

from pathlib import Path

import httpx
import msgspec

from tests.e2e.server import serve
from tests.fuzz.run import faults_of, fuzz

SHORT = ("--phases", "examples,fuzzing", "--max-examples", "4", "--seed", "1")


async def test_every_answer_is_one_that_is_described() -> None:
    async with serve() as served:
        well, said = await fuzz(f"{served.url}/schema", *SHORT)

        assert well, said
        assert not faults_of(served), served.stderr


async def test_an_answer_that_is_not_described_is_found(tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    async with serve() as served, httpx.AsyncClient(trust_env=False) as client:
        document = (await client.get(f"{served.url}/schema")).json()
        del document["paths"]["/api/version"]["get"]["responses"]["200"]
        file.write_bytes(msgspec.json.encode(document))
        only = ("--url", served.url, "--include-path", "/api/version")
        well, said = await fuzz(str(file), *SHORT, *only)

    assert not well
    assert "ndocumented" in said
