"""The routes that list models, which OpenAI's clients have as well."""

from __future__ import annotations

from adapters.dialects.anthropic.described.messages import ID
from adapters.dialects.anthropic.inbound.models import WireModel, WireModelList
from adapters.dialects.controlling.describing import (
    KEYED,
    MODEL,
    UPSTREAM,
    Answer,
    Content,
    Operation,
    Parameter,
)

_OFFLINE = {
    "type": "model",
    "id": "offline",
    "display_name": "offline",
    "created_at": "2026-01-01T00:00:00Z",
}
_VERSION = Parameter(
    name="anthropic-version",
    place="header",
    text="Whoever sends it, whatever it says, is answered in Anthropic's form.",
    example="2023-06-01",
)
_PAGE = (
    Parameter(
        name="limit",
        place="query",
        text="With `anthropic-version`: the most models to list; all of them by default.",
        shape={"type": "integer", "minimum": 1},
    ),
    Parameter(
        name="after_id",
        place="query",
        text="With `anthropic-version`: list what is behind this model.",
    ),
    Parameter(
        name="before_id",
        place="query",
        text="With `anthropic-version`: list what is in front of this model.",
    ),
)

MODELS = (
    Operation(
        methods=("GET", "HEAD"),
        path="/v1/models",
        summary="List the models",
        parameters=(_VERSION, *_PAGE),
        answers={
            200: Answer(
                text="Aliases and made models first, then what the backends list.",
                contents=(
                    Content(
                        shape=WireModelList,
                        examples={
                            "one model": {
                                "data": [_OFFLINE],
                                "has_more": False,
                                "first_id": "offline",
                                "last_id": "offline",
                            }
                        },
                    ),
                ),
                headers=(ID,),
            )
        },
        errors=(*KEYED, *UPSTREAM),
    ),
    Operation(
        methods=("GET", "HEAD"),
        path="/v1/models/{name}",
        summary="Show one model",
        parameters=(_VERSION,),
        answers={
            200: Answer(
                text="The model, under the name that was asked for.",
                contents=(Content(shape=WireModel, examples={"model": _OFFLINE}),),
                headers=(ID,),
            )
        },
        errors=(*KEYED, *MODEL),
    ),
)
