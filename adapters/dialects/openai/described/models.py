"""The routes that list models."""

from __future__ import annotations

from adapters.dialects.controlling.describing import (
    KEYED,
    MODEL,
    UPSTREAM,
    Answer,
    Content,
    Operation,
    Parameter,
)
from adapters.dialects.openai.inbound.models import WireModel, WireModelList

_OFFLINE = {"id": "offline", "object": "model", "created": 1767225600, "owned_by": "llamaport"}

MODELS = (
    Operation(
        methods=("GET", "HEAD"),
        path="/v1/models",
        summary="List the models",
        answers={
            200: Answer(
                text="Aliases and made models first, then what the backends list.",
                contents=(
                    Content(
                        shape=WireModelList,
                        examples={"one model": {"object": "list", "data": [_OFFLINE]}},
                    ),
                ),
            )
        },
        errors=(*KEYED, *UPSTREAM),
    ),
    Operation(
        methods=("GET", "HEAD"),
        path="/v1/models/{name}",
        summary="Show one model",
        parameters=(
            Parameter(
                name="name",
                text="Any name that a chat may use, slashes included.",
                example="offline",
            ),
        ),
        answers={
            200: Answer(
                text="The model, under the name that was asked for.",
                contents=(Content(shape=WireModel, examples={"model": _OFFLINE}),),
            )
        },
        errors=(*KEYED, *MODEL),
    ),
)
