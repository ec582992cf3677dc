"""What schemathesis is told of this server: names of models, lines of streams, its own faults.

It imports this module itself, by the variable `SCHEMATHESIS_HOOKS`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import schemathesis
from jsonschema import Draft202012Validator

from tests.fuzz.lines import lines_of, schema_of

NAMES = ("model", "name", "source", "from")
"""Members of requests that name a model."""

MODELS = ["offline", "offline-embed", "backend/nope"]


@schemathesis.hook
def before_load_schema(_context: Any, raw_schema: dict[str, Any]) -> None:
    """Let requests name models that are there; a random name would be a 404 each time."""
    schemas = raw_schema["components"]["schemas"]
    for name in _sent(raw_schema):
        properties = schemas[name]["properties"]
        for member in NAMES:
            if member in properties:
                properties[member] = {"enum": MODELS}


def _sent(raw_schema: dict[str, Any]) -> Iterator[str]:
    """Yield the component of every request body that is one."""
    for methods in raw_schema["paths"].values():
        for operation in methods.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                for part in (content["schema"], *content["schema"].get("allOf", ())):
                    if "$ref" in part:
                        yield part["$ref"].rpartition("/")[2]


@schemathesis.check
def no_internal_error(_context: Any, response: Any, _case: Any) -> None:
    """Fail on what the door says of an exception that nobody foresaw."""
    if response.status_code >= 500:
        assert b"internal server error" not in response.content, response.content


@schemathesis.check
def every_line_follows_the_schema(_context: Any, response: Any, case: Any) -> None:
    """Fail unless each line of an answer in lines is one of those that are described."""
    kind = response.headers.get("content-type", [""])[0].partition(";")[0]
    if kind not in {"application/x-ndjson", "text/event-stream"}:
        return
    raw = case.operation.schema.raw_schema
    told = raw["paths"][case.operation.path][case.operation.method]["responses"]
    item = told[str(response.status_code)]["content"][kind]["itemSchema"]
    validator = Draft202012Validator({**schema_of(item), "components": raw["components"]})
    for line in lines_of(response.content, kind):
        validator.validate(line)
