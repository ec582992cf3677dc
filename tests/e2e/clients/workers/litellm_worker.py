"""`litellm`, by its provider `ollama_chat/`."""

from __future__ import annotations

import json
import os
from typing import Any

import litellm
from speaking import Asked, work
from tools import BY_NAME, schemas


def say(asked: Asked, messages: list[Any], **more: Any) -> tuple[Any, int]:
    """Ask, in one piece or a stream; return the whole answer and how many pieces came."""
    # What it asks `/api/show` by itself knows no `api_base`, and would go to whatever has Ollama's
    # port here.
    os.environ["OLLAMA_API_BASE"] = asked["url"]
    named = {
        "model": f"ollama_chat/{asked['model']}",
        "api_base": asked["url"],
        "messages": messages,
        "stream": asked.get("stream", False),
    } | more
    came = litellm.completion(**named)
    if not named["stream"]:
        return came, 1
    pieces = list(came)
    answer = litellm.stream_chunk_builder(pieces, messages=messages)
    # It joins what has no index of its own into one call, and Ollama's calls come without:
    # their ids tell them apart, as in any program that reads the stream.
    calls = [call for piece in pieces for call in piece.choices[0].delta.tool_calls or ()]
    answer.choices[0].message.tool_calls = calls or None
    return answer, len(pieces)


def told(answer: Any, pieces: int) -> dict[str, Any]:
    (choice,) = answer.choices
    return {
        "text": choice.message.content or "",
        "thinking": getattr(choice.message, "reasoning_content", None) or "",
        "reason": choice.finish_reason,
        "prompt_tokens": answer.usage.prompt_tokens,
        "completion_tokens": answer.usage.completion_tokens,
        "pieces": pieces,
    }


def chat(asked: Asked, **more: Any) -> dict[str, Any]:
    return told(*say(asked, [{"role": "user", "content": asked["text"]}], **more))


def thinking(asked: Asked) -> dict[str, Any]:
    """Its levels mean on and off to this provider, but for models named gpt-oss."""
    effort = {True: "medium", False: "none"}.get(asked["think"], asked["think"])
    return chat(asked, reasoning_effort=effort)


def budget(asked: Asked) -> dict[str, Any]:
    return chat(asked, reasoning_effort="medium", max_tokens=2)


def structured(asked: Asked) -> dict[str, Any]:
    schema = {"name": "person", "schema": asked["schema"]}
    return chat(asked, response_format={"type": "json_schema", "json_schema": schema})


def image(asked: Asked) -> dict[str, Any]:
    picture = {"type": "image_url", "image_url": f"data:image/png;base64,{asked['image']}"}
    message = {"role": "user", "content": [{"type": "text", "text": asked["text"]}, picture]}
    return told(*say(asked, [message], model=f"ollama_chat/{asked['vision_model']}"))


def tools(asked: Asked) -> dict[str, Any]:
    messages: list[Any] = []
    rounds: list[Any] = []
    texts: list[str] = []
    for question in asked["questions"]:
        messages.append({"role": "user", "content": question})
        while True:
            answer, _ = say(asked, messages, tools=schemas())
            message = answer.choices[0].message
            messages.append(message.model_dump())
            if not message.tool_calls:
                texts.append(message.content or "")
                break
            called = [
                (call.id, call.function.name, json.loads(call.function.arguments))
                for call in message.tool_calls
            ]
            rounds.append([[name, arguments] for _, name, arguments in called])
            messages += [
                {
                    "role": "tool",
                    "tool_call_id": identity,
                    "name": name,
                    "content": BY_NAME[name](**arguments),
                }
                for identity, name, arguments in called
            ]
    return {"rounds": rounds, "text": "\n".join(texts)}


def embed(asked: Asked) -> dict[str, Any]:
    came = litellm.embedding(
        model=f"ollama/{asked['embed_model']}", input=asked["inputs"], api_base=asked["url"]
    )
    return {
        "vectors": [row["embedding"] for row in came.data],
        "prompt_tokens": came.usage.prompt_tokens,
    }


def unknown(asked: Asked) -> dict[str, Any]:
    return chat(asked, model=f"ollama_chat/{asked['unknown']}")


work(
    "litellm",
    {
        "chat": chat,
        "thinking": thinking,
        "budget": budget,
        "structured output": structured,
        "image": image,
        "tools": tools,
        "embed": embed,
        "unknown model": unknown,
    },
)
