"""`text.format`: structured output (docs/wire/dialects.md 1.10 and 6.1)."""

from __future__ import annotations

from msgspec import UNSET, Raw, UnsetType, ValidationError
from msgspec.json import Decoder

from adapters.dialects.openai.responses.places import placed
from adapters.dialects.openai.responses.schema import WireFormat, is_said
from ports.chat import JsonFormat
from ports.errors import InvalidRequest

_FORMAT = Decoder(WireFormat)


def decode_format(raw: Raw | UnsetType) -> JsonFormat | None:
    """Turn the flat form into the neutral one; `None` is free text.

    Raises `InvalidRequest` for a format that is neither text nor JSON, and for a schema that
    is not there.
    """
    if not is_said(raw):
        return None
    wire = _read(raw)
    match wire.type:
        case "text":
            return None
        case "json_object":
            return JsonFormat()
        case "json_schema":
            if isinstance(wire.schema, UnsetType) or not bytes(wire.schema).startswith(b"{"):
                raise InvalidRequest("text.format: schema is required", param="text.format.schema")
            return JsonFormat(
                schema=wire.schema,
                name=wire.name or "",
                description=wire.description or "",
                strict=UNSET if wire.strict is None else wire.strict,
            )
        case _:
            raise InvalidRequest(
                f"text.format: there is no format {wire.type or ''}", param="text.format.type"
            )


def _read(raw: Raw) -> WireFormat:
    try:
        return _FORMAT.decode(raw)
    except ValidationError as error:
        raise placed(error, "text.format") from error
