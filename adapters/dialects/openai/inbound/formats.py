"""`response_format`: whether the answer must be JSON, and of which form (1.10)."""

from __future__ import annotations

from msgspec import UNSET, Raw, UnsetType

from adapters.dialects.openai.inbound.schema import WireFormat, WireJsonSchema
from ports.chat import JsonFormat
from ports.errors import InvalidRequest

_KNOWN = frozenset({"", "text", "json_object", "json_schema"})
_NO_SCHEMA = WireJsonSchema()


def decode_format(wire: WireFormat | None) -> JsonFormat | None:
    """Turn the format into the neutral one; what is not known asks for nothing, as with Ollama.

    Raises `InvalidRequest` for a schema that is no object.
    """
    if wire is None or wire.type not in {"json_object", "json_schema"}:
        return None
    named = (wire.type == "json_schema" and wire.json_schema) or _NO_SCHEMA
    schema = _object(named.schema, "response_format.json_schema.schema")
    return JsonFormat(
        schema=schema or _object(wire.schema, "response_format.schema"),
        name=named.name or "",
        description=named.description or "",
        strict=UNSET if named.strict is None else named.strict,
    )


def is_known(wire: WireFormat | None) -> bool:
    """Tell whether there is a neutral form of the format."""
    return wire is None or (wire.type or "") in _KNOWN


def _object(schema: Raw | UnsetType, place: str) -> Raw | None:
    if isinstance(schema, UnsetType) or bytes(schema) == b"null":
        return None
    if not bytes(schema).startswith(b"{"):
        raise InvalidRequest("a schema must be a JSON object", param=place)
    return schema
