"""What need not be the same in two answers, put in the place of which both have the same.

Ids and times change from run to run. What must not change is the kind of an id, which ids are
the same, and that a time is a number. Texts with JSON in them are written anew by the real
server and passed on by a gateway, and what only repeats the request has its keys sorted there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

Json = Any

Paths = Sequence[Sequence[str]]

_KIND = re.compile("[a-z]+[-_]?")

_JSON = frozenset({"arguments", "partial_json"})
_REPEATED = frozenset({"format", "parameters", "schema"})
_OPAQUE = frozenset({"encrypted_content"})
"""Members that only who wrote them can read."""


def masked(value: Json, pointers: Iterable[str]) -> Json:
    """Return a copy without ids and times, to which pointers lead; `*` is any index."""
    return _masked(value, [pointer.strip("/").split("/") for pointer in pointers], {})


def _masked(value: Json, paths: Paths, ids: dict[str, str]) -> Json:
    if [] in paths:
        return _mask(value, ids)
    match value:
        case dict():
            return {key: _masked(value[key], _below(paths, key), ids) for key in value}
        case list():
            return [_masked(item, _below(paths, "*"), ids) for item in value]
        case _:
            return value


def _below(paths: Paths, key: str) -> Paths:
    return [path[1:] for path in paths if path and path[0] == key]


def _mask(value: Json, ids: dict[str, str]) -> Json:
    if not isinstance(value, str):
        return None if value is None else type(value).__name__
    kind = _KIND.match(value)
    return ids.setdefault(value, f"{kind[0] if kind else ''}#{len(ids)}")


def respelled(value: Json, key: str = "") -> Json:
    """Return a copy in which JSON is spelled the same wherever it does not matter how."""
    match value:
        case str() if key in _OPAQUE:
            return "opaque"
        case str() if key in _JSON:
            return _anew(value)
        case dict() if key in _REPEATED:
            return json.loads(json.dumps(value, sort_keys=True))
        case dict():
            return {name: respelled(item, _meaning(name, value)) for name, item in value.items()}
        case list():
            return [respelled(item) for item in value]
        case _:
            return value


def _anew(text: str) -> str:
    try:
        return json.dumps(json.loads(text))
    except ValueError:
        return text


def _meaning(name: str, event: dict[str, Json]) -> str:
    """Tell what a member is: `/v1/responses` calls every piece `delta`."""
    of_arguments = event.get("type") == "response.function_call_arguments.delta"
    return "arguments" if of_arguments and name == "delta" else name
