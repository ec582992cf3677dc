"""The `openai` package for Python: chat completions, completions, embeddings and models."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import openai
from pydantic import BaseModel
from speaking import Asked, work
from tools import BY_NAME, schemas


class Person(BaseModel):
    """What structured output is asked for."""

    name: str
    age: int


@cache
def client_of(url: str, key: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)


def client(asked: Asked) -> openai.OpenAI:
    return client_of(asked["url"], asked["key"])


def reasoned(message: Any) -> str:
    """Return the thinking, which OpenAI's own models keep to themselves."""
    return getattr(message, "reasoning", None) or ""


def told(choice: Any, usage: Any, **more: Any) -> dict[str, Any]:
    return {
        "reason": choice.finish_reason,
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
    } | more


def chat(asked: Asked, messages: list[Any] | None = None, **more: Any) -> dict[str, Any]:
    """Ask, in one piece or a stream, which is read chunk by chunk."""
    named: dict[str, Any] = {
        "model": asked["model"],
        "messages": messages or [{"role": "user", "content": asked["text"]}],
        **effort(asked),
    } | more
    chats = client(asked).chat.completions
    if not asked.get("stream"):
        whole = chats.create(**named)
        (choice,) = whole.choices
        message = choice.message
        return told(choice, whole.usage, text=message.content, thinking=reasoned(message))
    named["stream_options"] = {"include_usage": True}
    *chunks, last = chats.create(stream=True, **named)
    choices = [choice for chunk in chunks for choice in chunk.choices]
    return told(
        choices[-1],
        last.usage,
        text="".join(choice.delta.content or "" for choice in choices),
        thinking="".join(reasoned(choice.delta) for choice in choices),
        pieces=len(chunks),
    )


def effort(asked: Asked) -> dict[str, Any]:
    if "think" not in asked:
        return {}
    return {"reasoning_effort": {True: "medium", False: "none"}.get(asked["think"], asked["think"])}


def budget(asked: Asked) -> dict[str, Any]:
    return chat(asked, reasoning_effort="medium", max_completion_tokens=2)


def structured(asked: Asked) -> dict[str, Any]:
    chats = client(asked).chat.completions
    named: dict[str, Any] = {
        "model": asked["model"],
        "messages": [{"role": "user", "content": asked["text"]}],
        "response_format": Person,
    }
    if asked.get("stream"):
        with chats.stream(**named) as stream:
            whole = stream.get_final_completion()
    else:
        whole = chats.parse(**named)
    person = whole.choices[0].message.parsed
    assert person is not None
    return {"text": person.model_dump_json()}


def image(asked: Asked) -> dict[str, Any]:
    picture = {"url": f"data:image/png;base64,{asked['image']}"}
    parts = [{"type": "text", "text": asked["text"]}, {"type": "image_url", "image_url": picture}]
    message = {"role": "user", "content": parts}
    return chat(asked, [message], model=asked["vision_model"])


def answered(asked: Asked, messages: list[Any], **more: Any) -> Any:
    """Return the message of an answer; the package puts it together where it is a stream."""
    named = {"model": asked["model"], "messages": messages, "tools": schemas(), **more}
    named |= effort(asked)
    chats = client(asked).chat.completions
    if not asked.get("stream"):
        return chats.create(**named).choices[0].message
    with chats.stream(**named) as stream:
        return stream.get_final_completion().choices[0].message


def tools(asked: Asked) -> dict[str, Any]:
    messages: list[Any] = []
    rounds: list[Any] = []
    texts: list[str] = []
    for question in asked["questions"]:
        messages.append({"role": "user", "content": question})
        while True:
            message = answered(asked, messages)
            said = message.model_dump(exclude_none=True, exclude={"parsed"})
            # OpenRouter repeats the role in every chunk, and the package joins what it gets.
            messages.append(said | {"role": "assistant"})
            if not message.tool_calls:
                texts.append(message.content or "")
                break
            called = [
                (call.id, call.function.name, json.loads(call.function.arguments))
                for call in message.tool_calls
            ]
            rounds.append([[name, arguments] for _, name, arguments in called])
            messages += [
                {"role": "tool", "tool_call_id": identity, "content": BY_NAME[name](**arguments)}
                for identity, name, arguments in called
            ]
    return {"rounds": rounds, "text": "\n".join(texts)}


def forced(asked: Asked) -> dict[str, Any]:
    choice = {"type": "function", "function": {"name": asked["tool"]}}
    question = {"role": "user", "content": asked["text"]}
    message = answered(asked, [question], tool_choice=choice)
    return {"called": [call.function.name for call in message.tool_calls or ()]}


def completion(asked: Asked) -> dict[str, Any]:
    named = {"model": asked["model"], "prompt": asked["text"], "max_tokens": 100}
    if not asked["stream"]:
        whole = client(asked).completions.create(**named)
        return {"text": whole.choices[0].text, "reason": whole.choices[0].finish_reason}
    pieces = list(client(asked).completions.create(stream=True, **named))
    choices = [choice for piece in pieces for choice in piece.choices]
    return {
        "text": "".join(choice.text for choice in choices),
        "reason": choices[-1].finish_reason,
        "pieces": len(pieces),
    }


def embed(asked: Asked) -> dict[str, Any]:
    """Say nothing of an encoding: the package then asks for base64."""
    came = client(asked).embeddings.create(model=asked["embed_model"], input=asked["inputs"])
    return {
        "vectors": [row.embedding for row in came.data],
        "prompt_tokens": came.usage.prompt_tokens,
    }


def listed(asked: Asked) -> dict[str, Any]:
    """List the models, and then ask for each of them."""
    models = client(asked).models
    names = [model.id for model in models.list()]
    return {"models": names, "found": [models.retrieve(name).id for name in names]}


def weights_of(entries: list[Any]) -> list[Any]:
    return [
        [entry.token, entry.logprob, [other.token for other in entry.top_logprobs]]
        for entry in entries
    ]


def weighed(asked: Asked) -> dict[str, Any]:
    """Ask for log probabilities; in a stream they come with the pieces."""
    named: dict[str, Any] = {
        "model": asked["model"],
        "messages": [{"role": "user", "content": asked["text"]}],
        "logprobs": True,
        "top_logprobs": 1,
    }
    chats = client(asked).chat.completions
    if not asked.get("stream"):
        (choice,) = chats.create(**named).choices
        return {"text": choice.message.content, "logprobs": weights_of(choice.logprobs.content)}
    choices = [it for chunk in chats.create(stream=True, **named) for it in chunk.choices]
    said = [entry for it in choices if it.logprobs for entry in it.logprobs.content or ()]
    text = "".join(it.delta.content or "" for it in choices)
    return {"text": text, "logprobs": weights_of(said)}


def impatient(asked: Asked) -> dict[str, Any]:
    return chat(asked, timeout=asked["patience"])


def unknown(asked: Asked) -> dict[str, Any]:
    return chat({**asked, "model": asked["unknown"]})


work(
    "openai",
    {
        "list and retrieve": listed,
        "chat": chat,
        "thinking": chat,
        "budget": budget,
        "structured output": structured,
        "image": image,
        "tools": tools,
        "forced tool": forced,
        "completion": completion,
        "embed": embed,
        "log probabilities": weighed,
        "unknown model": unknown,
        "impatient": impatient,
    },
)
