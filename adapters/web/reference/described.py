"""The routes that belong to no dialect."""

from __future__ import annotations

from adapters.dialects.describing import KEYED, Answer, Content, Description, Operation
from adapters.dialects.ollama.described.dialect import OLLAMA

OWN = Description(
    name="llamaport",
    text="What this server tells of itself.",
    operations=(
        Operation(
            methods=("GET", "HEAD"),
            path="/schema",
            summary="Describe every route as OpenAPI",
            answers={
                200: Answer(
                    text="This document.",
                    contents=(Content(shape={"type": "object", "required": ["openapi"]}),),
                )
            },
            errors=KEYED,
        ),
        Operation(
            methods=("GET", "HEAD"),
            path="/docs",
            summary="Describe every route for people",
            answers={
                200: Answer(
                    text="A page.",
                    contents=(Content(media_type="text/html", shape={"type": "string"}),),
                )
            },
            errors=KEYED,
        ),
    ),
    render=OLLAMA.render,
    error=OLLAMA.error,
)
