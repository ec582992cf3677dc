"""The `ollama` package for Python: `sync` or `async`, as the argument says."""

from __future__ import annotations

import asyncio
import base64
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import cache, partial
from typing import Any

import ollama
from speaking import Asked, work
from tools import BY_NAME, TOOLS

ASYNC = sys.argv[1:] == ["async"]


sync_client = cache(ollama.Client)


async def ask(asked: Asked, method: str, **named: Any) -> Any:
    """Call a method of the client; a stream is read to its end."""
    if not ASYNC:
        came = getattr(sync_client(asked["url"]), method)(**named)
        return list(came) if isinstance(came, Iterator) else came
    client = ollama.AsyncClient(host=asked["url"])
    came = await getattr(client, method)(**named)
    return [part async for part in came] if isinstance(came, AsyncIterator) else came


def told(parts: list[Any], texts: list[str], thinking: list[str | None]) -> dict[str, Any]:
    """Say what an answer brought."""
    last = parts[-1]
    return {
        "text": "".join(texts),
        "thinking": "".join(filter(None, thinking)),
        "reason": last.done_reason,
        "prompt_tokens": last.prompt_eval_count,
        "completion_tokens": last.eval_count,
        "pieces": len(parts),
    }


async def chatted(asked: Asked, **more: Any) -> tuple[list[Any], dict[str, Any]]:
    """Chat, in one piece or a stream."""
    named = {
        "model": asked["model"],
        "messages": [{"role": "user", "content": asked.get("text", "")}],
        "stream": asked.get("stream", False),
    } | more
    came = await ask(asked, "chat", **named)
    parts = came if isinstance(came, list) else [came]
    messages = [part.message for part in parts]
    return parts, told(parts, [m.content or "" for m in messages], [m.thinking for m in messages])


async def chat(asked: Asked, **more: Any) -> dict[str, Any]:
    return (await chatted(asked, **more))[1]


async def thinking(asked: Asked) -> dict[str, Any]:
    return await chat(asked, think=asked["think"])


async def budget(asked: Asked) -> dict[str, Any]:
    return await chat(asked, think=True, options={"num_predict": 2})


async def structured(asked: Asked) -> dict[str, Any]:
    return await chat(asked, format=asked["schema"])


async def image(asked: Asked) -> dict[str, Any]:
    picture = base64.b64decode(asked["image"])
    message = {"role": "user", "content": asked["text"], "images": [picture]}
    return await chat(asked, messages=[message], model=asked["vision_model"])


async def tools(asked: Asked) -> dict[str, Any]:
    messages: list[Any] = []
    rounds: list[Any] = []
    texts: list[str] = []
    for question in asked["questions"]:
        messages.append({"role": "user", "content": question})
        while True:
            named = {"messages": messages, "tools": TOOLS, "think": asked.get("think")}
            parts, came = await chatted(asked, **named)
            calls = [call for part in parts for call in part.message.tool_calls or ()]
            messages.append(
                {"role": "assistant", "content": came["text"], "tool_calls": calls or None}
            )
            if not calls:
                texts.append(came["text"])
                break
            rounds.append([[c.function.name, dict(c.function.arguments)] for c in calls])
            messages += [
                {
                    "role": "tool",
                    "tool_name": call.function.name,
                    "content": BY_NAME[call.function.name](**call.function.arguments),
                }
                for call in calls
            ]
    return {"rounds": rounds, "text": "\n".join(texts)}


async def generate(asked: Asked, **more: Any) -> dict[str, Any]:
    named = {"model": asked["model"], "prompt": asked["text"], "stream": asked["stream"]}
    came = await ask(asked, "generate", **(named | more))
    parts = came if isinstance(came, list) else [came]
    return told(parts, [part.response for part in parts], [part.thinking for part in parts])


async def embed(asked: Asked) -> dict[str, Any]:
    came = await ask(asked, "embed", model=asked["embed_model"], input=asked["inputs"])
    return {"vectors": came.embeddings, "prompt_tokens": came.prompt_eval_count}


async def embeddings(asked: Asked) -> dict[str, Any]:
    came = [
        await ask(asked, "embeddings", model=asked["embed_model"], prompt=text)
        for text in asked["inputs"]
    ]
    return {"vectors": [one.embedding for one in came]}


async def listed(asked: Asked) -> dict[str, Any]:
    return {"models": [model.model for model in (await ask(asked, "list")).models]}


async def show(asked: Asked) -> dict[str, Any]:
    came = await ask(asked, "show", model=asked["model"])
    return {"capabilities": came.capabilities, "architecture": came.modelinfo}


async def ps(asked: Asked) -> dict[str, Any]:
    await chat(asked)
    return {"models": [model.model for model in (await ask(asked, "ps")).models]}


async def pull(asked: Asked) -> dict[str, Any]:
    came = await ask(asked, "pull", model=asked["model"], stream=asked["stream"])
    parts = came if isinstance(came, list) else [came]
    return {"text": parts[-1].status}


async def copied(asked: Asked) -> dict[str, Any]:
    """Copy a model, talk to the copy, delete it."""
    await ask(asked, "copy", source=asked["model"], destination="the-copy")
    return await _talked_to("the-copy", asked)


async def created(asked: Asked) -> dict[str, Any]:
    """Make a model, talk to it, delete it."""
    named = {"model": "made", "from_": asked["model"], "system": "Be brief."}
    await ask(asked, "create", **named)
    return await _talked_to("made", asked)


async def _talked_to(model: str, asked: Asked) -> dict[str, Any]:
    there = (await listed(asked))["models"]
    came = await chat(asked, model=model)
    await ask(asked, "delete", model=model)
    return came | {"models": there, "left": (await listed(asked))["models"]}


async def unknown(asked: Asked) -> dict[str, Any]:
    return await chat(asked, model=asked["unknown"])


CALLS: dict[str, Callable[[Asked], Awaitable[dict[str, Any]]]] = {
    "list": listed,
    "show": show,
    "ps": ps,
    "chat": chat,
    "thinking": thinking,
    "budget": budget,
    "structured output": structured,
    "image": image,
    "tools": tools,
    "generate": generate,
    "embed": embed,
    "embeddings": embeddings,
    "pull": pull,
    "copy and delete": copied,
    "create": created,
    "unknown model": unknown,
}


def _run(call: Callable[[Asked], Awaitable[dict[str, Any]]], asked: Asked) -> dict[str, Any]:
    async def run() -> dict[str, Any]:
        return await call(asked)

    return asyncio.run(run())


work("ollama", {name: partial(_run, call) for name, call in CALLS.items()})
