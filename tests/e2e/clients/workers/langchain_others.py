"""`langchain-openai` and `langchain-anthropic`: chat models, and OpenAI's embeddings.

Their protocols are `openai` for chat completions, `responses`, and `anthropic`.
"""

from __future__ import annotations

from typing import Any

from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel
from speaking import Asked, serve
from tools import TOOLS

CALLABLE = {function.__name__: tool(function) for function in TOOLS}


class Person(BaseModel):
    """What structured output is asked for."""

    name: str
    age: int


def model_of(asked: Asked, **more: Any) -> BaseChatModel:
    named = {"model": asked["model"], "api_key": asked["key"], "max_retries": 0} | more
    if asked["protocol"] == "anthropic":
        limit = {"max_tokens": 1000, **_budget(asked)}
        return ChatAnthropic(base_url=asked["url"], **(limit | named))
    responses = asked["protocol"] == "responses"
    return ChatOpenAI(
        base_url=f"{asked['url']}/v1",
        use_responses_api=responses,
        stream_usage=True,  # it asks only OpenAI's own address by itself
        store=False if responses else None,
        **_effort(asked),
        **named,
    )


def _effort(asked: Asked) -> dict[str, Any]:
    if "think" not in asked:
        return {}
    level = {True: "medium", False: "none"}.get(asked["think"], asked["think"])
    if asked["protocol"] == "responses":
        return {"reasoning": {"effort": level, "summary": "auto"}}
    return {"reasoning_effort": level}


def _budget(asked: Asked) -> dict[str, Any]:
    match asked.get("think"):
        case None:
            return {}
        case False:
            return {"thinking": {"type": "disabled"}}
        case True:
            return {"thinking": {"type": "enabled", "budget_tokens": 512}}
        case level:
            return {"thinking": {"type": "adaptive"}, "effort": level}


def say(model: Any, asked: Asked, messages: list[BaseMessage]) -> tuple[Any, int]:
    """Ask, in one piece or a stream; return the whole message and how many pieces came."""
    if not asked.get("stream"):
        return model.invoke(messages), 1
    pieces: list[AIMessageChunk] = list(model.stream(messages))
    whole = pieces[0]
    for piece in pieces[1:]:
        whole += piece
    return whole, len(pieces)


def told(message: Any, pieces: int) -> dict[str, Any]:
    usage = message.usage_metadata or {}
    blocks = message.content_blocks
    metadata = message.response_metadata
    cut = metadata.get("incomplete_details") or {}
    reasons = [cut.get("reason"), *map(metadata.get, ("finish_reason", "stop_reason", "status"))]
    return {
        "text": message.text,
        "thinking": "".join(b.get("reasoning", "") for b in blocks if b["type"] == "reasoning"),
        "reason": next(filter(None, reasons)),
        "prompt_tokens": usage.get("input_tokens"),
        "completion_tokens": usage.get("output_tokens"),
        "pieces": pieces,
    }


def chat(asked: Asked, **more: Any) -> dict[str, Any]:
    return told(*say(model_of(asked, **more), asked, [HumanMessage(asked["text"])]))


def budget(asked: Asked) -> dict[str, Any]:
    return chat({**asked, "think": "high"}, max_tokens=2)


def structured(asked: Asked) -> dict[str, Any]:
    model = model_of(asked).with_structured_output(Person, method="json_schema")
    if asked.get("stream"):
        *_, person = model.stream(asked["text"])
    else:
        person = model.invoke(asked["text"])
    return {"text": person.model_dump_json()}


def image(asked: Asked) -> dict[str, Any]:
    picture = {"type": "image", "base64": asked["image"], "mime_type": "image/png"}
    message = HumanMessage([{"type": "text", "text": asked["text"]}, picture])
    return told(*say(model_of(asked, model=asked["vision_model"]), asked, [message]))


def tools(asked: Asked) -> dict[str, Any]:
    model = model_of(asked).bind_tools(list(CALLABLE.values()))
    messages: list[BaseMessage] = []
    rounds: list[Any] = []
    texts: list[str] = []
    for question in asked["questions"]:
        messages.append(HumanMessage(question))
        while True:
            message, _ = say(model, asked, messages)
            messages.append(message)
            if not message.tool_calls:
                texts.append(message.text)
                break
            rounds.append([[call["name"], call["args"]] for call in message.tool_calls])
            for call in message.tool_calls:
                result = CALLABLE[call["name"]].invoke(call)
                assert isinstance(result, ToolMessage)
                messages.append(result)
    return {"rounds": rounds, "text": "\n".join(texts)}


def forced(asked: Asked) -> dict[str, Any]:
    model = model_of(asked).bind_tools(list(CALLABLE.values()), tool_choice=asked["tool"])
    return {"called": [call["name"] for call in model.invoke(asked["text"]).tool_calls]}


def embed(asked: Asked) -> dict[str, Any]:
    """Send the texts: left to itself it would cut them into tokens, by tables from elsewhere."""
    model = OpenAIEmbeddings(
        model=asked["embed_model"],
        base_url=f"{asked['url']}/v1",
        api_key=asked["key"],
        check_embedding_ctx_length=False,
    )
    return {"vectors": model.embed_documents(list(asked["inputs"]))}


def unknown(asked: Asked) -> dict[str, Any]:
    return chat(asked, model=asked["unknown"])


BLIND = {
    "chat": chat,
    "structured output": structured,
    "image": image,
    "tools": tools,
    "forced tool": forced,
    "unknown model": unknown,
}
SEEING = {**BLIND, "thinking": chat, "budget": budget}
"""Of chat completions it does not show the thinking."""

serve(
    {
        "openai": ("langchain-openai", {**BLIND, "embed": embed}),
        "responses": ("langchain-openai", SEEING),
        "anthropic": ("langchain-anthropic", SEEING),
    }
)
