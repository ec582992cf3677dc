"""The `anthropic` package for Python: messages, its stream helper, its loop of tools, models."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import anthropic
from anthropic import beta_tool
from pydantic import BaseModel
from speaking import Asked, work
from tools import BY_NAME, schemas
from tools import TOOLS as FUNCTIONS

TOOLS = [
    {
        "name": tool["function"]["name"],
        "description": tool["function"]["description"],
        "input_schema": tool["function"]["parameters"],
    }
    for tool in schemas()
]


class Person(BaseModel):
    """What structured output is asked for."""

    name: str
    age: int


@cache
def client_of(url: str, key: str) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=url, api_key=key, max_retries=0)


def client(asked: Asked) -> anthropic.Anthropic:
    return client_of(asked["url"], asked["key"])


def answered(asked: Asked, messages: Iterable[Any], **more: Any) -> tuple[Any, int]:
    """Ask, in one piece or a stream; return the message and how many events came."""
    named: dict[str, Any] = {
        "model": asked["model"],
        "max_tokens": 1000,
        "messages": list(messages),
        **thinking(asked),
    } | more
    if not asked.get("stream"):
        return client(asked).messages.create(**named), 1
    with client(asked).messages.stream(**named) as stream:
        pieces = sum(event.type == "content_block_delta" for event in stream)
        return stream.get_final_message(), pieces


def thinking(asked: Asked) -> dict[str, Any]:
    match asked.get("think"):
        case None:
            return {}
        case False:
            return {"thinking": {"type": "disabled"}}
        case True:
            return {"thinking": {"type": "enabled", "budget_tokens": 512}}
        case level:
            return {"thinking": {"type": "adaptive"}, "output_config": {"effort": level}}


def told(message: Any, pieces: int = 1) -> dict[str, Any]:
    usage = message.usage
    cached = (usage.cache_read_input_tokens or 0) + (usage.cache_creation_input_tokens or 0)
    return {
        "text": "".join(block.text for block in message.content if block.type == "text"),
        "thinking": "".join(
            block.thinking for block in message.content if block.type == "thinking"
        ),
        "reason": message.stop_reason,
        "prompt_tokens": usage.input_tokens + cached,
        "completion_tokens": usage.output_tokens,
        "pieces": pieces,
    }


def user(content: Any) -> list[Any]:
    return [{"role": "user", "content": content}]


def chat(asked: Asked, **more: Any) -> dict[str, Any]:
    message, pieces = answered(asked, user(asked["text"]), **more)
    # A stream's message does not have it.
    identity = {} if asked.get("stream") else {"request_id": message._request_id}
    return told(message, pieces) | identity


def budget(asked: Asked) -> dict[str, Any]:
    return chat(asked, max_tokens=2, thinking={"type": "adaptive"})


def structured(asked: Asked) -> dict[str, Any]:
    named: dict[str, Any] = {
        "model": asked["model"],
        "max_tokens": 1000,
        "messages": user(asked["text"]),
        "output_format": Person,
    }
    if asked.get("stream"):
        with client(asked).messages.stream(**named) as stream:
            message = stream.get_final_message()
    else:
        message = client(asked).messages.parse(**named)
    assert message.parsed_output is not None
    return {"text": message.parsed_output.model_dump_json()}


def image(asked: Asked) -> dict[str, Any]:
    source = {"type": "base64", "media_type": "image/png", "data": asked["image"]}
    parts = [{"type": "image", "source": source}, {"type": "text", "text": asked["text"]}]
    return told(*answered(asked, user(parts), model=asked["vision_model"]))


def tools(asked: Asked) -> dict[str, Any]:
    messages: list[Any] = []
    rounds: list[Any] = []
    texts: list[str] = []
    for question in asked["questions"]:
        messages += user(question)
        while True:
            message, _ = answered(asked, messages, tools=TOOLS)
            messages.append({"role": "assistant", "content": message.content})
            if message.stop_reason != "tool_use":
                texts.append(told(message)["text"])
                break
            uses = [block for block in message.content if block.type == "tool_use"]
            rounds.append([[use.name, use.input] for use in uses])
            messages += user(
                [
                    {
                        "type": "tool_result",
                        "tool_use_id": use.id,
                        "content": BY_NAME[use.name](**use.input),
                    }
                    for use in uses
                ]
            )
    return {"rounds": rounds, "text": "\n".join(texts)}


def runner(asked: Asked) -> dict[str, Any]:
    """Let the package run the tools."""
    rounds: list[Any] = []
    texts: list[str] = []
    for question in asked["questions"]:
        turns = client(asked).beta.messages.tool_runner(
            model=asked["model"],
            max_tokens=1000,
            tools=[beta_tool(function) for function in FUNCTIONS],
            messages=user(question),
            stream=asked.get("stream", False),
        )
        for turn in turns:
            message = turn.get_final_message() if asked.get("stream") else turn
            uses = [block for block in message.content if block.type == "tool_use"]
            if uses:
                rounds.append([[use.name, use.input] for use in uses])
            else:
                texts.append(told(message)["text"])
    return {"rounds": rounds, "text": "\n".join(texts)}


def forced(asked: Asked) -> dict[str, Any]:
    choice = {"type": "tool", "name": asked["tool"]}
    message, _ = answered(asked, user(asked["text"]), tools=TOOLS, tool_choice=choice)
    return {"called": [block.name for block in message.content if block.type == "tool_use"]}


def count(asked: Asked) -> dict[str, Any]:
    came = client(asked).messages.count_tokens(
        model=asked["model"], messages=user(asked["text"]), system="Be brief.", tools=TOOLS
    )
    return {"tokens": came.input_tokens}


def listed(asked: Asked) -> dict[str, Any]:
    """List the models, and then ask for each of them."""
    models = client(asked).models
    names = [model.id for model in models.list()]
    return {"models": names, "found": [models.retrieve(name).id for name in names]}


def impatient(asked: Asked) -> dict[str, Any]:
    return chat(asked, timeout=asked["patience"])


def unknown(asked: Asked) -> dict[str, Any]:
    return chat(asked, model=asked["unknown"])


work(
    "anthropic",
    {
        "list and retrieve": listed,
        "chat": chat,
        "thinking": chat,
        "budget": budget,
        "structured output": structured,
        "image": image,
        "tools": tools,
        "tool runner": runner,
        "forced tool": forced,
        "count tokens": count,
        "unknown model": unknown,
        "impatient": impatient,
    },
)
