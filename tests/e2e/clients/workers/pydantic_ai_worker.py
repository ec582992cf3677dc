"""`pydantic-ai`: agents on OpenAI's chat completions, its Responses, or Anthropic's messages.

Its protocols are called `openai`, `responses`, and `anthropic` here.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from anthropic import AsyncAnthropic
from openai import AsyncOpenAI
from pydantic import BaseModel
from pydantic_ai import Agent, BinaryContent, NativeOutput
from pydantic_ai.messages import ModelMessage, ModelResponse, ThinkingPart, ToolCallPart
from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider
from speaking import Asked, serve
from tools import TOOLS

SERVES = ModelProfile(
    supports_json_schema_output=True, supports_json_object_output=True, supports_thinking=True
)
"""What it cannot know of a model by its name."""


class Person(BaseModel):
    """What structured output is asked for."""

    name: str
    age: int


def model_of(asked: Asked, name: str = "model") -> Model:
    if asked["protocol"] == "anthropic":
        anthropic = AsyncAnthropic(base_url=asked["url"], api_key=asked["key"], max_retries=0)
        provider = AnthropicProvider(anthropic_client=anthropic)
        return AnthropicModel(asked[name], provider=provider, profile=SERVES)
    openai = AsyncOpenAI(base_url=f"{asked['url']}/v1", api_key=asked["key"], max_retries=0)
    kind = OpenAIResponsesModel if asked["protocol"] == "responses" else OpenAIChatModel
    provider = OpenAICompatibleProvider("gateway", openai_client=openai)
    return kind(asked[name], provider=provider, profile=SERVES)


def settings(asked: Asked) -> dict[str, Any]:
    """Say how to think. "Not at all" it does not say by itself to Anthropic's protocol."""
    match asked["protocol"], asked.get("think"):
        case _, None:
            return {}
        case "anthropic", False:
            return {"anthropic_thinking": {"type": "disabled"}}
        case "responses", think:
            return {"thinking": think, "openai_reasoning_summary": "auto"}
        case _, think:
            return {"thinking": think}


async def run(agent: Agent[None, Any], asked: Asked, said: Any, **more: Any) -> tuple[Any, int]:
    """Ask, in one piece or a stream; return the result and how many pieces of text came."""
    if not asked.get("stream"):
        return await agent.run(said, **more), 1
    async with agent.run_stream(said, **more) as result:
        pieces = [piece async for piece in result.stream_text(delta=True, debounce_by=None)]
        return result, len(pieces)


def told(result: Any, pieces: int) -> dict[str, Any]:
    response: ModelResponse = result.response
    parts = response.parts
    return {
        "text": response.text or "",
        "thinking": "".join(part.content for part in parts if isinstance(part, ThinkingPart)),
        "reason": response.finish_reason,
        "prompt_tokens": response.usage.input_tokens,
        "completion_tokens": response.usage.output_tokens,
        "pieces": pieces,
    }


async def chat(asked: Asked, name: str = "model") -> dict[str, Any]:
    agent = Agent(model_of(asked, name), model_settings=settings(asked))
    return told(*await run(agent, asked, asked["text"]))


async def structured(asked: Asked) -> dict[str, Any]:
    agent = Agent(model_of(asked), output_type=NativeOutput(Person))
    if asked.get("stream"):
        async with agent.run_stream(asked["text"]) as result:
            person = await result.get_output()
    else:
        person = (await agent.run(asked["text"])).output
    return {"text": person.model_dump_json()}


async def image(asked: Asked) -> dict[str, Any]:
    picture = BinaryContent(base64.b64decode(asked["image"]), media_type="image/png")
    agent = Agent(model_of(asked, "vision_model"))
    return told(*await run(agent, asked, [asked["text"], picture]))


async def tools(asked: Asked) -> dict[str, Any]:
    """Let the agent run the tools."""
    agent = Agent(model_of(asked), tools=TOOLS, model_settings=settings(asked))
    history: list[ModelMessage] = []
    texts: list[str] = []
    for question in asked["questions"]:
        result, _ = await run(agent, asked, question, message_history=history)
        texts.append(result.response.text)
        history = result.all_messages()
    calls = [
        [part for part in message.parts if isinstance(part, ToolCallPart)]
        for message in history
        if isinstance(message, ModelResponse)
    ]
    rounds = [[[call.tool_name, call.args_as_dict()] for call in made] for made in calls if made]
    return {"rounds": rounds, "text": "\n".join(texts)}


CALLS: dict[str, Callable[[Asked], Coroutine[Any, Any, dict[str, Any]]]] = {
    "chat": chat,
    "thinking": chat,
    "structured output": structured,
    "image": image,
    "tools": tools,
    "unknown model": partial(chat, name="unknown"),
}


with asyncio.Runner() as runner:
    calls = {name: lambda asked, call=call: runner.run(call(asked)) for name, call in CALLS.items()}
    serve(dict.fromkeys(("openai", "responses", "anthropic"), ("pydantic-ai-slim", calls)))
