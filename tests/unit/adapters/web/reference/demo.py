"""A dialect of one route, to see what is made of a description."""

from __future__ import annotations

from msgspec import Struct

from adapters.dialects.controlling.describing import (
    SSE,
    Answer,
    Content,
    Description,
    Operation,
    Parameter,
    Stream,
)
from adapters.dialects.ollama.errors import render
from ports.errors import BackendOverloaded, InvalidRequest, ModelNotFound, NotAllowed


class WireAsked(Struct):
    """What is asked."""

    question: str


ASK = Operation(
    path="/ask/{topic}",
    summary="Ask <something>",
    text="With `care`.",
    parameters=(Parameter(name="topic", text="What about.", example="sky"),),
    body=Content(shape=WireAsked, examples={"why": {"question": "why <b>?"}}),
    answers={
        200: Answer(
            text="An answer.",
            contents=(
                Content(shape={"type": "object"}, examples={"short": {"it": "is"}}),
                Stream(shape=WireAsked, example=({"question": "a"}, {"question": "b"})),
                Stream(
                    media_type=SSE,
                    shape={"type": "object"},
                    example=({"type": "start"}, {"type": "stop"}),
                    named=True,
                    ending="[DONE]",
                ),
            ),
            headers=("x-llamaport-dropped",),
        )
    },
    errors=(
        InvalidRequest("what?"),
        ModelNotFound("m"),
        BackendOverloaded("busy", retry_after=3),
        NotAllowed("no"),
    ),
)
LOOK = Operation(
    methods=("GET", "HEAD"),
    path="/look",
    summary="Look",
    answers={200: Answer(text="Seen.", contents=(Content(shape={"type": "string"}),))},
    errors=(NotAllowed("no"),),
    is_open=True,
)
DEMO = Description(
    name="Demo",
    text="A dialect.",
    operations=(ASK, LOOK),
    render=render,
    error={"type": "object", "required": ["error"]},
)
