"""The `openai` package for Python: its Responses, without anything stored."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import openai
from pydantic import BaseModel
from speaking import Asked, work
from tools import BY_NAME, schemas

TOOLS = [{"type": "function", **tool["function"], "strict": False} for tool in schemas()]


class Person(BaseModel):
    """What structured output is asked for."""

    name: str
    age: int


@cache
def client_of(url: str, key: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)


def responses(asked: Asked) -> Any:
    return client_of(asked["url"], asked["key"]).responses


def answered(asked: Asked, inputs: Any, **more: Any) -> tuple[Any, int]:
    """Ask, in one piece or a stream; return the response and how many events came."""
    named: dict[str, Any] = {
        "model": asked["model"],
        "input": inputs,
        "store": False,
        "include": ["reasoning.encrypted_content"],
        **effort(asked),
    } | more
    if not asked.get("stream"):
        return responses(asked).create(**named), 1
    with responses(asked).stream(**named) as stream:
        deltas = sum(event.type.endswith(".delta") for event in stream)
        return stream.get_final_response(), deltas


def effort(asked: Asked) -> dict[str, Any]:
    if "think" not in asked:
        return {}
    level = {True: "medium", False: "none"}.get(asked["think"], asked["think"])
    return {"reasoning": {"effort": level, "summary": "auto"}}


def told(response: Any, pieces: int = 1) -> dict[str, Any]:
    thoughts = [
        part.text for item in response.output if item.type == "reasoning" for part in item.summary
    ]
    cut = response.incomplete_details
    return {
        "text": response.output_text,
        "thinking": "".join(thoughts),
        "reason": cut.reason if cut else response.status,
        "prompt_tokens": response.usage.input_tokens,
        "completion_tokens": response.usage.output_tokens,
        "pieces": pieces,
    }


def chat(asked: Asked, **more: Any) -> dict[str, Any]:
    return told(*answered(asked, asked["text"], **more))


def budget(asked: Asked) -> dict[str, Any]:
    """Read the stream event by event: the package's own reading wants a completed response."""
    named: dict[str, Any] = {
        "model": asked["model"],
        "input": asked["text"],
        "max_output_tokens": 2,
        **effort({"think": True}),
    }
    if not asked.get("stream"):
        return told(responses(asked).create(**named))
    *_, last = responses(asked).create(stream=True, **named)
    assert last.type == "response.incomplete"
    return told(last.response)


def structured(asked: Asked) -> dict[str, Any]:
    named = {"model": asked["model"], "input": asked["text"], "text_format": Person}
    if asked.get("stream"):
        with responses(asked).stream(**named) as stream:
            response = stream.get_final_response()
    else:
        response = responses(asked).parse(**named)
    assert response.output_parsed is not None
    return {"text": response.output_parsed.model_dump_json()}


def image(asked: Asked) -> dict[str, Any]:
    parts = [
        {"type": "input_text", "text": asked["text"]},
        {"type": "input_image", "image_url": f"data:image/png;base64,{asked['image']}"},
    ]
    message = {"role": "user", "content": parts}
    return told(*answered(asked, [message], model=asked["vision_model"]))


def tools(asked: Asked) -> dict[str, Any]:
    inputs: list[Any] = []
    rounds: list[Any] = []
    texts: list[str] = []
    for question in asked["questions"]:
        inputs.append({"role": "user", "content": question})
        while True:
            response, _ = answered(asked, inputs, tools=TOOLS)
            inputs += response.output
            calls = [
                (item.call_id, item.name, json.loads(item.arguments))
                for item in response.output
                if item.type == "function_call"
            ]
            if not calls:
                texts.append(response.output_text)
                break
            rounds.append([[name, arguments] for _, name, arguments in calls])
            inputs += [
                {
                    "type": "function_call_output",
                    "call_id": identity,
                    "output": BY_NAME[name](**arguments),
                }
                for identity, name, arguments in calls
            ]
    return {"rounds": rounds, "text": "\n".join(texts)}


def forced(asked: Asked) -> dict[str, Any]:
    choice = {"type": "function", "name": asked["tool"]}
    response, _ = answered(asked, asked["text"], tools=TOOLS, tool_choice=choice)
    return {"called": [item.name for item in response.output if item.type == "function_call"]}


def weighed(asked: Asked) -> dict[str, Any]:
    wanted = {"include": ["message.output_text.logprobs"], "top_logprobs": 1}
    response, _ = answered(asked, asked["text"], **wanted)
    parts = [part for item in response.output if item.type == "message" for part in item.content]
    weights = [
        [entry.token, entry.logprob, [other.token for other in entry.top_logprobs]]
        for part in parts
        for entry in part.logprobs
    ]
    return {"text": response.output_text, "logprobs": weights}


def unknown(asked: Asked) -> dict[str, Any]:
    return chat(asked, model=asked["unknown"])


work(
    "openai",
    {
        "chat": chat,
        "thinking": chat,
        "budget": budget,
        "structured output": structured,
        "image": image,
        "tools": tools,
        "forced tool": forced,
        "log probabilities": weighed,
        "unknown model": unknown,
    },
)
