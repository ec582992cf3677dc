"""What docs/stability.md promises is what the code does today."""

from __future__ import annotations

import json
import re
from pathlib import Path

from adapters.dialects.anthropic import errors as anthropic
from adapters.dialects.openai import errors as openai
from ports.errors import (
    CONTEXT_LENGTH_EXCEEDED,
    BackendRateLimited,
    BackendRejected,
    GatewayError,
)
from tests.unit.adapters.dialects.every_error import every_error

TOP = Path(__file__).parents[2]
PAGE = (TOP / "docs" / "stability.md").read_text()
ROW = re.compile(r"^\| (\d{3})(?: \*b\*)? \| `(\w+)` \| (.*) \| `(\w+)` \|$", re.MULTILINE)
ERRORS: list[GatewayError] = [
    *every_error(),
    BackendRejected("too long", upstream_code=CONTEXT_LENGTH_EXCEEDED),
    BackendRateLimited("no credits", upstream_code="insufficient_quota"),
]
PASSED_ON = "its_code"
"""What every_error() has a backend call its refusals."""


def promised() -> dict[int, tuple[str, set[str | None], str]]:
    return {
        int(status): (
            kind,
            {code.strip("`") if "`" in code else None for code in codes.split(",")},
            other,
        )
        for status, kind, codes, other in (
            (status, kind, re.sub(r" (?:\*b\*|for a path)", "", codes).replace(", ", ","), other)
            for status, kind, codes, other in ROW.findall(PAGE)
        )
    }


def test_every_status_has_the_types_that_are_promised() -> None:
    told = {
        openai.render(error).status: (
            json.loads(openai.render(error).body)["error"]["type"],
            json.loads(anthropic.render(error).body)["error"]["type"],
        )
        for error in ERRORS
    }

    assert told == {status: (kind, other) for status, (kind, _, other) in promised().items()}


def test_every_status_has_the_codes_that_are_promised() -> None:
    told: dict[int, set[str | None]] = {}
    for error in ERRORS:
        rendered = openai.render(error)
        code = json.loads(rendered.body)["error"]["code"]
        if code != PASSED_ON:
            told.setdefault(rendered.status, set()).add(code)

    assert told == {status: codes for status, (_, codes, _) in promised().items()}


def test_every_header_of_our_own_is_named() -> None:
    sources = [*TOP.glob("adapters/**/*.py"), *TOP.glob("app/**/*.py")]
    sent = {
        name for file in sources for name in re.findall(r"x-llamaport-[a-z-]+", file.read_text())
    }

    assert sent == set(re.findall(r"x-llamaport-[a-z-]+", PAGE))
