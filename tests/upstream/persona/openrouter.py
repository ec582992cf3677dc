"""The model behind OpenRouter (docs/wire/dialects.md 8).

What differs from OpenAI's: comments while it works, `reasoning` together with
`reasoning_details`, what the answer has cost, and a list of models that tells of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tests.upstream.answers import DONE, Call, error, event, sse
from tests.upstream.persona import openai
from tests.upstream.persona.behaviour import Said, respond
from tests.upstream.persona.catalog import MODELS, Described
from tests.upstream.persona.trouble import Refusal, troubled
from tests.upstream.script import Reply
from tests.upstream.wire import Received

PROCESSING = b": OPENROUTER PROCESSING\n\n"
HEAD = {"id": "gen-1", "provider": "Test", "created": 1760000000}
AUTHOR = "test"
FORMAT = "anthropic-claude-v1"
SIGNATURE = "signed-by-the-model=="


def answer(request: Received) -> Reply:
    """Answer a request of any of the routes."""
    match request.path.rpartition("/v1")[2]:
        case "/models":
            return _list(embedding=False)
        case "/embeddings/models":
            return _list(embedding=True)
        case "/chat/completions":
            return _chat(request)
        case "/embeddings":
            return openai.embeddings(request.json())
        case _:
            return error(404, "Not Found")


def _chat(request: Received) -> Reply:
    body = request.json()
    wanted = openai.asked(body)
    write = _streamed if request.streamed else _plain
    return troubled(wanted.text, _refused, lambda: write(respond(wanted), body))


def _refused(refusal: Refusal) -> Reply:
    metadata = {"error_type": refusal.code} if refusal.code else {}
    what = {"code": refusal.status, "message": refusal.message, "metadata": metadata}
    return Reply(body=msgspec.json.encode({"error": what, "user_id": "user_1"}))


def _list(*, embedding: bool) -> Reply:
    rows = [
        _described(model) for model in MODELS if ("embedding" in model.capabilities) is embedding
    ]
    return Reply(body=msgspec.json.encode({"data": rows}))


def _described(model: Described) -> dict[str, Any]:
    parameters = ["max_tokens", "temperature", "response_format", "structured_outputs", "stop"]
    if "tools" in model.capabilities:
        parameters += ["tools", "tool_choice"]
    if "thinking" in model.capabilities:
        parameters += ["reasoning", "include_reasoning"]
    return {
        "id": f"{AUTHOR}/{model.bare}",
        "canonical_slug": f"{AUTHOR}/{model.bare}",
        "name": f"Test: {model.bare}",
        "created": 1760000000,
        "description": "a scripted model",
        "context_length": 8192,
        "architecture": {
            "modality": "text->text",
            "input_modalities": ["text", "image"] if "vision" in model.capabilities else ["text"],
            "output_modalities": ["embeddings" if "embedding" in model.capabilities else "text"],
            "tokenizer": "Llama3",
            "instruct_type": None,
        },
        "pricing": {"prompt": "0.000001", "completion": "0.000002", "request": "0"},
        "top_provider": {
            "context_length": 8192,
            "max_completion_tokens": None,
            "is_moderated": False,
        },
        "per_request_limits": None,
        "supported_parameters": parameters,
        "default_parameters": {},
    }


def _usage(said: Said) -> dict[str, Any]:
    return openai.usage(said) | {"cost": 0.00012, "is_byok": False}


def _details(text: str, *, whole: bool) -> list[dict[str, Any]]:
    """Say what was thought; the last piece of it is signed."""
    signed = {"signature": SIGNATURE} if whole else {}
    return [{"type": "reasoning.text", "text": text, "index": 0, "format": FORMAT} | signed]


def _plain(said: Said, body: Mapping[str, Any]) -> Reply:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": "".join(said.words),
        "refusal": None,
        "reasoning": None,
    }
    if said.thinking:
        thinking = "".join(said.thinking)
        message |= {"reasoning": thinking, "reasoning_details": _details(thinking, whole=True)}
    if said.calls:
        message["tool_calls"] = [
            _call(index, call, "".join(call.arguments)) for index, call in enumerate(said.calls)
        ]
    choice = {
        "index": 0,
        "message": message,
        "finish_reason": said.finish,
        "native_finish_reason": said.finish,
        "logprobs": None,
    }
    named = HEAD | {"object": "chat.completion", "model": body["model"], "choices": [choice]}
    return Reply(body=msgspec.json.encode(named | {"usage": _usage(said)}))


def _streamed(said: Said, body: Mapping[str, Any]) -> Reply:
    def chunk(delta: Mapping[str, Any], finish: str | None = None, **beside: Any) -> bytes:
        choice = {
            "index": 0,
            "delta": {"role": "assistant", "content": ""} | delta,
            "finish_reason": finish,
            "native_finish_reason": finish,
            "logprobs": None,
        }
        named = {"object": "chat.completion.chunk", "model": body["model"], "choices": [choice]}
        return event(HEAD | named | beside)

    events = [PROCESSING, PROCESSING]
    for left, piece in zip(reversed(range(len(said.thinking))), said.thinking, strict=True):
        details = _details(piece, whole=not left)
        events.append(chunk({"reasoning": piece, "reasoning_details": details}))
    events += [chunk({"content": word}) for word in said.words]
    for index, call in enumerate(said.calls):
        events.append(chunk({"content": None, "tool_calls": [_call(index, call, "")]}))
        events += [
            chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
            for piece in call.arguments
        ]
    events += [chunk({}, said.finish), chunk({}, None, usage=_usage(said)), DONE]
    return sse(events)


def _call(index: int, call: Call, arguments: str) -> dict[str, Any]:
    function = {"name": call.name, "arguments": arguments}
    return {"index": index, "id": call.id, "type": "function", "function": function}
