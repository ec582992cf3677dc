"""One path of two dialects: what each says of it, in one operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.web.reference.shapes import Schema

_RESPONSES = "#/components/responses/"


def both(first: Schema, second: Schema, responses: Mapping[str, Schema]) -> Schema:
    """Return an operation that is either of two; `responses` are those they refer to."""
    statuses = {**first["responses"], **second["responses"]}
    return {
        **first,
        "tags": [*first["tags"], *second["tags"]],
        "parameters": [*first["parameters"], *second["parameters"]],
        "responses": {
            status: _either(
                _found(first["responses"].get(status, {}), responses),
                _found(second["responses"].get(status, {}), responses),
            )
            for status in statuses
        },
    }


def _found(response: Schema, responses: Mapping[str, Schema]) -> Schema:
    return responses.get(response.get("$ref", "").removeprefix(_RESPONSES), response)


def _either(first: Schema, second: Schema) -> Schema:
    joined = {**second, **first}
    for name, join in (("headers", _joined), ("content", _contents)):
        if name in joined:
            joined[name] = join(first.get(name, {}), second.get(name, {}))
    return joined


def _joined(first: Schema, second: Schema) -> Schema:
    return {**second, **first}


def _contents(first: Schema, second: Schema) -> Schema:
    return {
        media_type: _content([it[media_type] for it in (first, second) if media_type in it])
        for media_type in {**first, **second}
    }


def _content(contents: list[Any]) -> Schema:
    if len(contents) == 1:
        only: Schema = contents[0]
        return only
    examples = [
        (name, example) for it in contents for name, example in it.get("examples", {}).items()
    ]
    return {
        "schema": {"anyOf": [it["schema"] for it in contents]},
        "examples": {
            f"{name} {number}": example for number, (name, example) in enumerate(examples, 1)
        },
    }
