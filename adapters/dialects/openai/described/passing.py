"""The routes whose requests are passed on unread."""

from __future__ import annotations

from adapters.dialects.controlling.describing import (
    COMPRESSED,
    MODEL,
    Answer,
    Content,
    Operation,
    Parameter,
    Shape,
)
from ports.errors import CapabilityMissing

_ERRORS = (*COMPRESSED, *MODEL, CapabilityMissing("offline", "requests of this kind"))
_REST = (
    Parameter(
        name="rest",
        text="Whatever the backend has there.",
        shape={"type": "string", "pattern": "^[0-9A-Za-z_-]+$"},
        example="generations",
    ),
)
_SHAPE: Shape = {
    "type": "object",
    "properties": {
        "model": {
            "type": "string",
            "description": "Decides which backend gets the request. The default backend gets "
            "those without a model, or with one that is in no list.",
        }
    },
}
_FORM: Shape = {
    "type": "object",
    "properties": {
        **_SHAPE["properties"],
        "file": {"type": "string", "contentMediaType": "application/octet-stream"},
    },
}
_OBJECT = Content(shape=_SHAPE)
_ANSWERS = {200: Answer(text="Whatever the backend answers, of any type.")}
_TEXT = (
    "Passed on as it comes, but for the model's name, and so is the answer. JSON, forms and "
    "anything else will do that the backend takes."
)

PASSING = (
    Operation(
        path="/v1/images/{rest}",
        summary="Make or change images",
        text=_TEXT,
        parameters=_REST,
        body=_OBJECT,
        answers=_ANSWERS,
        errors=_ERRORS,
    ),
    Operation(
        path="/v1/audio/{rest}",
        summary="Speak, or write down what is spoken",
        text=_TEXT,
        parameters=_REST,
        body=Content(shape=_FORM, media_type="multipart/form-data"),
        answers=_ANSWERS,
        errors=_ERRORS,
    ),
    Operation(
        path="/v1/moderations",
        summary="Moderate",
        text=_TEXT,
        body=_OBJECT,
        answers=_ANSWERS,
        errors=_ERRORS,
    ),
    Operation(
        path="/v1/rerank",
        summary="Rank documents",
        text=_TEXT,
        body=_OBJECT,
        answers=_ANSWERS,
        errors=_ERRORS,
    ),
)
