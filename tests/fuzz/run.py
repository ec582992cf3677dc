"""Requests made from `/schema`, against the served process: `make fuzz`.

Whatever is sent, valid or not, the answer must be one that the document describes, and never
an internal error. `python -m tests.fuzz.run --help` tells what can be chosen.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from pathlib import Path

from tests.e2e.server import CHECKOUT, Served, scrubbed, serve

CHECKS = (
    "allow_header_conformance",
    "content_type_conformance",
    "every_line_follows_the_schema",
    "no_internal_error",
    "response_headers_conformance",
    "response_schema_conformance",
    "status_code_conformance",
    "unsupported_method",
)


async def fuzz(document: str, *words: str) -> tuple[bool, str]:
    """Fuzz the server that a document (address or file) describes.

    Returns whether all was well, and what was said. `words` are further ones of the command
    `schemathesis run`.
    """
    with tempfile.TemporaryDirectory(prefix="llamaport-fuzz-") as folder:
        process = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("schemathesis")),
            *("run", document, "--checks", ",".join(CHECKS), "--continue-on-failure"),
            *("--warnings", "off", "--no-color", "--generation-database", "none", *words),
            cwd=folder,
            env=scrubbed(os.environ)
            | {"SCHEMATHESIS_HOOKS": "tests.fuzz.hooks", "PYTHONPATH": str(CHECKOUT)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
    return process.returncode == 0, said.decode()


async def main() -> int:
    """Serve the offline backend and fuzz it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", default="1000", help="of each operation")
    parser.add_argument("--seed", help="to repeat a run")
    given = parser.parse_args()
    seed = ("--seed", given.seed) if given.seed else ()
    async with serve() as served:
        phases = ("--phases", "examples,coverage,fuzzing")
        well, said = await fuzz(
            f"{served.url}/schema", *phases, "--max-examples", given.examples, *seed
        )
        print(said)
        assert served.running, served.stderr
        faults = faults_of(served)
    print(*faults, sep="\n")
    return 0 if well and not faults else 1


def faults_of(served: Served) -> list[str]:
    """Return the lines of the log that tell of an exception that nobody foresaw."""
    return [str(line) for line in served.log() if line.get("level") in {"ERROR", "CRITICAL"}]


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
