"""The routes about the server itself, and about ollama.com, which is not behind it."""

from __future__ import annotations

from adapters.dialects.controlling.describing import (
    ANYWHERE,
    KEYED,
    SENT,
    TEXT,
    Answer,
    Content,
    Operation,
    Parameter,
    Shape,
)
from ports.errors import NotAllowed, Unauthenticated

_SIGNED_OUT = Unauthenticated("you are not currently signed in")
_NO_CLOUD = NotAllowed("ollama cloud is disabled: web search is unavailable")
_QUERY: Shape = {"type": "object", "properties": {"query": {"type": "string"}}}
_URL: Shape = {"type": "object", "properties": {"url": {"type": "string"}}}

ACCOUNT = (
    Operation(
        methods=("GET", "HEAD"),
        path="/",
        summary="Say that a server is here",
        answers={
            200: Answer(
                text="It is.",
                contents=(
                    Content(
                        media_type=TEXT,
                        shape={"const": "Ollama is running"},
                        examples={"running": "Ollama is running"},
                    ),
                ),
            )
        },
        errors=ANYWHERE,
        is_open=True,
    ),
    Operation(
        methods=("GET", "HEAD"),
        path="/api/version",
        summary="Name the version of Ollama whose behaviour may be expected",
        answers={
            200: Answer(
                text="A plain release number.",
                contents=(
                    Content(
                        shape={
                            "type": "object",
                            "required": ["version"],
                            "properties": {"version": {"type": "string"}},
                        },
                        examples={"version": {"version": "0.33.0"}},
                    ),
                ),
            )
        },
        errors=ANYWHERE,
        is_open=True,
    ),
    Operation(
        methods=("GET",),
        path="/api/status",
        summary="Say that there is no cloud behind this server",
        answers={
            200: Answer(
                text="Always the same.",
                contents=(
                    Content(
                        shape={"type": "object", "required": ["cloud"]},
                        examples={"off": {"cloud": {"disabled": True, "source": "config"}}},
                    ),
                ),
            )
        },
        errors=KEYED,
    ),
    Operation(
        path="/api/me",
        summary="Say that nobody is signed in to ollama.com",
        answers={},
        errors=(*KEYED, Unauthenticated("unauthorized")),
    ),
    Operation(
        path="/api/signout",
        summary="Say that nobody was signed in to ollama.com",
        answers={},
        errors=(*KEYED, _SIGNED_OUT),
    ),
    Operation(
        path="/api/experimental/web_search",
        summary="Refuse to search the web",
        body=Content(shape=_QUERY, examples={"query": {"query": "llamas"}}),
        answers={},
        errors=(*SENT, _NO_CLOUD),
    ),
    Operation(
        path="/api/experimental/web_fetch",
        summary="Refuse to fetch a page",
        body=Content(shape=_URL, examples={"page": {"url": "https://example.org"}}),
        answers={},
        errors=(*SENT, _NO_CLOUD),
    ),
    Operation(
        methods=("DELETE",),
        path="/api/user/keys/{key}",
        summary="Sign out of ollama.com, as older clients ask",
        parameters=(Parameter(name="key", text="A public key.", example="key"),),
        answers={},
        errors=(*KEYED, _SIGNED_OUT),
    ),
    Operation(
        methods=("GET",),
        path="/api/experimental/model-recommendations",
        summary="Recommend no models",
        answers={
            200: Answer(
                text="Always empty.",
                contents=(
                    Content(
                        shape={"type": "object", "required": ["recommendations"]},
                        examples={"none": {"recommendations": []}},
                    ),
                ),
            )
        },
        errors=KEYED,
    ),
)
