"""The routes that belong to no dialect."""

from __future__ import annotations

from adapters.dialects.controlling.describing import (
    ANYWHERE,
    KEYED,
    Answer,
    Content,
    Description,
    Operation,
    Words,
)
from adapters.dialects.ollama.described.dialect import OLLAMA
from adapters.web.health import WireBackend, WireHealth


def _status(*words: str) -> Content:
    return Content(
        shape={
            "type": "object",
            "required": ["status"],
            "properties": {"status": {"enum": list(words)}},
        }
    )


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
        Operation(
            methods=("GET", "HEAD"),
            path="/health",
            summary="Tell how well requests can be served",
            text="From what is known of the backends by the requests that there were and by their "
            "lists of models. Each worker process tells of itself. Without a valid key, where "
            "there are keys, only `status` is told.",
            answers={
                200: Answer(
                    text="At least one backend can be used: `degraded` if not all of them.",
                    contents=(Content(shape=WireHealth),),
                ),
                503: Answer(
                    text="`unhealthy`: no backend can be used.",
                    contents=(Content(shape=WireHealth),),
                ),
            },
            errors=ANYWHERE,
            is_open=True,
        ),
        Operation(
            methods=("GET", "HEAD"),
            path="/health/live",
            summary="Tell that the process answers",
            answers={200: Answer(text="It does.", contents=(_status("live"),))},
            errors=ANYWHERE,
            is_open=True,
        ),
        Operation(
            methods=("GET", "HEAD"),
            path="/health/ready",
            summary="Tell whether the process is to be given requests",
            answers={
                200: Answer(text="It is.", contents=(_status("ready"),)),
                503: Answer(
                    text="It is starting, or it was told to stop and finishes what it has begun.",
                    contents=(_status("starting", "draining"),),
                ),
            },
            errors=ANYWHERE,
            is_open=True,
        ),
    ),
    words={
        WireHealth: Words(
            members={
                "uptime_seconds": "Since this process has started.",
                "models": "Names that clients can see.",
                "requests": "Requests to this process that are over.",
                "errors": "Of them those that ended with 5xx or failed in the middle.",
            }
        ),
        WireBackend: Words(
            members={
                "state": "`down`: its last exchanges failed, or it does not list its models. "
                "`unknown`: nothing was heard of it.",
                "last_error": "Of the last exchange that ended with one.",
                "list_error": "The code of why its list of models cannot be had now.",
            }
        ),
    },
    render=OLLAMA.render,
    error=OLLAMA.error,
)
