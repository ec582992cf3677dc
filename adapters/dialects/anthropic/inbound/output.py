"""`output_config`: the form of the answer, and how hard to work for it (7.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Raw, Struct, UnsetType
from msgspec.json import Decoder

from adapters.dialects.anthropic.inbound.aside import Aside
from adapters.dialects.anthropic.inbound.schema import Hint, is_there
from adapters.dialects.anthropic.inbound.thinking import decode_effort
from adapters.dialects.bodies.gotypes import kind_of
from ports.chat import Effort, JsonFormat
from ports.errors import InvalidRequest

_FORMAT = "format"
_EFFORT = "effort"


class Output(Struct, frozen=True):
    """What is asked of the answer; `None` where nothing is."""

    format: JsonFormat | None = None
    effort: Effort | None = None


class _WireFormat(Struct, gc=False):
    type: str | None = None
    schema: Raw = Raw(b"null")


_DECODER = Decoder(_WireFormat)
_ANY = Decoder(Any)


def decode_output(config: Mapping[str, Raw] | None, older_format: Hint, aside: Aside) -> Output:
    """Turn `output_config` into neutral fields; `older_format` is where the form stood before.

    Members that have no place, and an effort that is none, are dropped. Raises
    `InvalidRequest` for a form of the answer that is no JSON schema.
    """
    given = {name: raw for name, raw in (config or {}).items() if is_there(raw)}
    effort = decode_effort(_ANY.decode(given[_EFFORT])) if _EFFORT in given else None
    for name in given:
        if name != _FORMAT and (name != _EFFORT or effort is None):
            aside.drop(f"output_config.{name}")
    form = given.get(_FORMAT, older_format)
    if isinstance(form, UnsetType) or not is_there(form):
        return Output(effort=effort)
    return Output(_decode_format(form), effort)


def _decode_format(raw: Raw) -> JsonFormat:
    try:
        wire = _DECODER.decode(raw)
    except msgspec.DecodeError as error:
        raise InvalidRequest(f"output_config.format: {error}") from error
    if wire.type != "json_schema" or kind_of(wire.schema) != "object":
        raise InvalidRequest("output_config.format must be of type json_schema, with a schema")
    return JsonFormat(schema=wire.schema)
