"""`llama-index-llms-ollama`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, ImageBlock, TextBlock, ThinkingBlock
from llama_index.core.prompts import PromptTemplate
from llama_index.core.tools import FunctionTool
from llama_index.llms.ollama import Ollama
from pydantic import BaseModel
from speaking import Asked, work
from tools import BY_NAME, TOOLS

CALLABLE = [FunctionTool.from_defaults(function) for function in TOOLS]


class Person(BaseModel):
    """What structured output is asked for."""

    name: str
    age: int


def model_of(asked: Asked, **more: Any) -> Ollama:
    named = {"model": asked["model"], "base_url": asked["url"], "request_timeout": 30.0} | more
    return Ollama(**named)


def say(model: Ollama, asked: Asked, messages: Sequence[ChatMessage]) -> dict[str, Any]:
    if asked.get("stream"):
        pieces = list(model.stream_chat(messages))
        return told(pieces[-1], "".join(piece.delta or "" for piece in pieces), len(pieces))
    answer = model.chat(messages)
    return told(answer, answer.message.content or "", 1)


def told(answer: Any, text: str, pieces: int) -> dict[str, Any]:
    blocks = answer.message.blocks
    thoughts = [block.content or "" for block in blocks if isinstance(block, ThinkingBlock)]
    return {
        "text": text,
        "thinking": "".join(thoughts),
        "reason": answer.raw["done_reason"],
        "prompt_tokens": answer.raw["prompt_eval_count"],
        "completion_tokens": answer.raw["eval_count"],
        "pieces": pieces,
    }


def chat(asked: Asked, **more: Any) -> dict[str, Any]:
    return say(model_of(asked, **more), asked, [ChatMessage(asked["text"])])


def thinking(asked: Asked) -> dict[str, Any]:
    return chat(asked, thinking=asked["think"])


def budget(asked: Asked) -> dict[str, Any]:
    return chat(asked, thinking=True, additional_kwargs={"num_predict": 2})


def structured(asked: Asked) -> dict[str, Any]:
    template = PromptTemplate(asked["text"])
    person = model_of(asked).structured_predict(Person, template)
    return {"text": person.model_dump_json()}


def image(asked: Asked) -> dict[str, Any]:
    picture = ImageBlock(image=asked["image"].encode())
    message = ChatMessage(role="user", blocks=[TextBlock(text=asked["text"]), picture])
    return say(model_of(asked, model=asked["vision_model"]), asked, [message])


def tools(asked: Asked) -> dict[str, Any]:
    model = model_of(asked)
    messages: list[ChatMessage] = []
    rounds: list[Any] = []
    texts: list[str] = []
    for question in asked["questions"]:
        messages.append(ChatMessage(question))
        while True:
            named = {"chat_history": messages, "allow_parallel_tool_calls": True}
            if asked.get("stream"):
                answer = list(model.stream_chat_with_tools(CALLABLE, **named))[-1]
            else:
                answer = model.chat_with_tools(CALLABLE, **named)
            messages.append(answer.message)
            calls = model.get_tool_calls_from_response(answer, error_on_no_tool_call=False)
            if not calls:
                texts.append(answer.message.content or "")
                break
            rounds.append([[call.tool_name, call.tool_kwargs] for call in calls])
            messages += [
                ChatMessage(
                    role="tool",
                    content=BY_NAME[call.tool_name](**call.tool_kwargs),
                    additional_kwargs={"tool_call_id": call.tool_id},
                )
                for call in calls
            ]
    return {"rounds": rounds, "text": "\n".join(texts)}


def generate(asked: Asked) -> dict[str, Any]:
    model = model_of(asked)
    if asked["stream"]:
        pieces = [piece.delta or "" for piece in model.stream_complete(asked["text"])]
    else:
        pieces = [model.complete(asked["text"]).text]
    return {"text": "".join(pieces), "pieces": len(pieces)}


def unknown(asked: Asked) -> dict[str, Any]:
    return chat(asked, model=asked["unknown"])


work(
    "llama-index-llms-ollama",
    {
        "chat": chat,
        "thinking": thinking,
        "budget": budget,
        "structured output": structured,
        "image": image,
        "tools": tools,
        "generate": generate,
        "unknown model": unknown,
    },
)
