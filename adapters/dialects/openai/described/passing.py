"""The routes whose requests are passed on unread."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

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
_ANSWERS = {200: Answer(text="Whatever the backend answers, of any type.")}
_TEXT = (
    "Passed on as it comes, but for the model's name, and so is the answer. JSON, forms and "
    "anything else will do that the backend takes."
)


def _rest(example: str) -> tuple[Parameter, ...]:
    parameter = Parameter(
        name="rest",
        text="Whatever the backend has there.",
        shape={"type": "string", "pattern": "^[0-9A-Za-z_-]+$"},
        example=example,
    )
    return (parameter,)


def _json(**examples: Mapping[str, Any]) -> Content:
    return Content(shape=_SHAPE, examples=examples)


_UPLOAD = Content(shape=_FORM, media_type="multipart/form-data")

PASSING = (
    Operation(
        path="/v1/images/{rest}",
        summary="Make or change images",
        text=_TEXT,
        parameters=_rest("generations"),
        body=_json(image={"model": "local/flux", "prompt": "a llama", "size": "512x512"}),
        other_bodies=(_UPLOAD,),
        answers=_ANSWERS,
        errors=_ERRORS,
    ),
    Operation(
        path="/v1/audio/{rest}",
        summary="Speak, or write down what is spoken",
        text=_TEXT,
        parameters=_rest("speech"),
        body=_json(speech={"model": "local/kokoro", "input": "Hello.", "voice": "alloy"}),
        other_bodies=(_UPLOAD,),
        answers=_ANSWERS,
        errors=_ERRORS,
    ),
    Operation(
        path="/v1/moderations",
        summary="Moderate",
        text=_TEXT,
        body=_json(text={"model": "cloud/omni-moderation", "input": "Hello."}),
        answers=_ANSWERS,
        errors=_ERRORS,
    ),
    Operation(
        path="/v1/rerank",
        summary="Rank documents",
        text=_TEXT,
        body=_json(
            documents={
                "model": "local/bge-reranker",
                "query": "Which animal has wool?",
                "documents": ["A llama.", "A frog."],
            }
        ),
        answers=_ANSWERS,
        errors=_ERRORS,
    ),
    Operation(
        path="/v1/responses/compact",
        summary="Compact the items of responses",
        text=f"{_TEXT} Only backends whose `native` has `responses` get it.",
        body=_json(input={"model": "cloud/gpt", "input": "Why is the sky blue?"}),
        answers=_ANSWERS,
        errors=_ERRORS,
    ),
)
"""The routes that there always are."""


def further(paths: Iterable[str]) -> Iterator[Operation]:
    """Describe the routes that the configuration adds; a `*` at the end of a path is any."""
    for path in paths:
        parameters = _rest("1") if path.endswith("/*") else ()
        template = path.replace("/*", "/{rest}")
        yield Operation(
            methods=("GET", "HEAD"),
            path=template,
            summary="Look something up at a backend",
            text="Goes to the default backend, and so does its answer come back.",
            parameters=parameters,
            answers=_ANSWERS,
            errors=_ERRORS,
        )
        yield Operation(
            methods=("DELETE",),
            path=template,
            summary="Delete something at a backend",
            text="Goes to the default backend, and so does its answer come back.",
            parameters=parameters,
            answers=_ANSWERS,
            errors=_ERRORS,
        )
        if template not in {it.path for it in PASSING}:
            yield Operation(
                path=template,
                summary="Pass something on to a backend",
                text=_TEXT,
                parameters=parameters,
                body=_json(),
                other_bodies=(_UPLOAD,),
                answers=_ANSWERS,
                errors=_ERRORS,
            )
