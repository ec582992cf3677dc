"""The routes by which models are listed, made, fetched and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.dialects.controlling.describing import (
    KEYED,
    MODEL,
    SENT,
    UPSTREAM,
    Answer,
    Content,
    Operation,
    Parameter,
    Shape,
    Stream,
)
from adapters.dialects.ollama.inbound.schema import WireShow
from adapters.dialects.ollama.library.listing import WireListed
from adapters.dialects.ollama.library.running import WireLoaded
from adapters.dialects.ollama.library.schema import (
    WireCopy,
    WireCreate,
    WireDelete,
    WireTransfer,
)
from adapters.dialects.ollama.library.shown import WireShown
from ports.errors import GatewayError, InvalidRequest, NotSupported

_ADMIN = "With client keys this needs one with `admin`, without any a client on this machine."
_DIGEST = Parameter(
    name="digest",
    text="`sha256:` and the digest of the file.",
    shape={"type": "string", "pattern": "^sha256[:-][0-9a-fA-F]{64}$"},
    example="sha256:" + 64 * "0",
)
_DONE = Answer(text="It is done.")
_NOT_TAKEN = NotSupported("files of models are taken only where an Ollama server is the backend")
_NOT_FETCHED = GatewayError("pull model manifest: file does not exist")
_STATUS: Shape = {
    "type": "object",
    "required": ["status"],
    "properties": {"status": {"type": "string"}},
}
_STEP: Shape = {
    "type": "object",
    "properties": {
        "status": {"type": "string"},
        "digest": {"type": "string"},
        "total": {"type": "integer"},
        "completed": {"type": "integer"},
        "error": {"type": "string"},
    },
}


def _list_of(entry: Shape, example: Mapping[str, Any]) -> Content:
    return Content(
        shape={
            "type": "object",
            "required": ["models"],
            "properties": {"models": {"type": "array", "items": entry}},
        },
        examples={"one model": {"models": [example]}},
    )


_DETAILS = {
    "parent_model": "",
    "format": "",
    "family": "offline",
    "families": ["offline"],
    "parameter_size": "",
    "quantization_level": "",
}
_NAMED = {"name": "offline:latest", "model": "offline:latest", "size": 0, "digest": 64 * "0"}
_PROGRESS = Answer(
    text="The steps of the work, or its end alone where `stream` is false. A line with `error` "
    "tells that it failed.",
    contents=(
        Stream(shape=_STEP, example=({"status": "writing manifest"}, {"status": "success"})),
        Content(shape=_STATUS, examples={"end": {"status": "success"}}),
    ),
)

LIBRARY = (
    Operation(
        methods=("GET", "HEAD"),
        path="/api/tags",
        summary="List the models",
        answers={
            200: Answer(
                text="Aliases and made models first, then what the backends list.",
                contents=(
                    _list_of(
                        WireListed,
                        {
                            **_NAMED,
                            "modified_at": "1970-01-01T00:00:00Z",
                            "details": _DETAILS,
                            "capabilities": ["completion", "tools"],
                        },
                    ),
                ),
            )
        },
        errors=(*KEYED, *UPSTREAM),
    ),
    Operation(
        methods=("GET",),
        path="/api/ps",
        summary="List the models that are loaded",
        answers={
            200: Answer(
                text="The loaded models, the latest to expire first.",
                contents=(
                    _list_of(
                        WireLoaded,
                        {
                            **_NAMED,
                            "details": _DETAILS,
                            "expires_at": "2026-08-22T10:05:00Z",
                            "size_vram": 0,
                            "context_length": 0,
                        },
                    ),
                ),
            )
        },
        errors=(*KEYED, *UPSTREAM),
    ),
    Operation(
        path="/api/show",
        summary="Tell what is known of one model",
        body=Content(shape=WireShow, examples={"model": {"model": "offline"}}),
        answers={
            200: Answer(
                text="What its catalog tells. What nobody knows is not there.",
                contents=(
                    Content(
                        shape=WireShown,
                        examples={
                            "model": {
                                "modelfile": "FROM offline",
                                "template": "{{ .Prompt }}",
                                "details": _DETAILS,
                                "model_info": {"general.architecture": "offline"},
                                "capabilities": ["completion", "tools"],
                                "modified_at": "1970-01-01T00:00:00Z",
                            }
                        },
                    ),
                ),
            )
        },
        errors=(*SENT, *MODEL),
    ),
    Operation(
        path="/api/pull",
        summary="Have an Ollama server fetch a model",
        text=_ADMIN,
        body=Content(shape=WireTransfer, examples={"model": {"model": "offline"}}),
        answers={200: _PROGRESS},
        errors=(*SENT, *MODEL, _NOT_FETCHED),
    ),
    Operation(
        path="/api/push",
        summary="Have an Ollama server publish a model",
        text=_ADMIN,
        body=Content(shape=WireTransfer, examples={"model": {"model": "ada/mine"}}),
        answers={200: _PROGRESS},
        errors=(*SENT, *MODEL),
    ),
    Operation(
        path="/api/create",
        summary="Make a model of another one",
        text=_ADMIN,
        body=Content(
            shape=WireCreate,
            examples={
                "brief": {"model": "brief", "from": "offline", "system": "Be brief."},
            },
        ),
        answers={200: _PROGRESS},
        errors=(*SENT, *MODEL, _NOT_FETCHED),
    ),
    Operation(
        path="/api/copy",
        summary="Give a model another name",
        text=_ADMIN,
        body=Content(
            shape=WireCopy, examples={"copy": {"source": "offline", "destination": "mine"}}
        ),
        answers={200: _DONE},
        errors=(*SENT, *MODEL),
    ),
    Operation(
        methods=("DELETE",),
        path="/api/delete",
        summary="Delete a model",
        text=_ADMIN,
        body=Content(shape=WireDelete, examples={"copy": {"model": "mine"}}),
        answers={200: _DONE},
        errors=(*SENT, *MODEL),
    ),
    Operation(
        methods=("HEAD",),
        path="/api/blobs/{digest}",
        summary="Tell whether an Ollama server has a file",
        parameters=(_DIGEST,),
        answers={200: Answer(text="It is there."), 404: Answer(text="It is not.")},
        errors=(*KEYED, *UPSTREAM, InvalidRequest("invalid digest format")),
    ),
    Operation(
        path="/api/blobs/{digest}",
        summary="Send a file to an Ollama server",
        text=f"It is passed on as it comes, however long it is. {_ADMIN}",
        parameters=(_DIGEST,),
        body=Content(shape={}, media_type="application/octet-stream"),
        answers={200: Answer(text="It was there."), 201: Answer(text="It is there now.")},
        errors=(*KEYED, *UPSTREAM, InvalidRequest("invalid digest format"), _NOT_TAKEN),
    ),
)
