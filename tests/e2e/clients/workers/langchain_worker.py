"""`langchain-ollama`: its chat model, its plain model and its embeddings."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import AIMessageChunk, BaseMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_ollama import ChatOllama, OllamaEmbeddings, OllamaLLM
from speaking import Asked, work
from tools import TOOLS

CALLABLE = {function.__name__: tool(function) for function in TOOLS}


def model_of(asked: Asked, **more: Any) -> ChatOllama:
    named = {"model": asked["model"], "base_url": asked["url"]} | more
    return ChatOllama(**named)


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
    return {
        "text": message.content,
        "thinking": message.additional_kwargs.get("reasoning_content", ""),
        "reason": message.response_metadata.get("done_reason"),
        "prompt_tokens": usage.get("input_tokens"),
        "completion_tokens": usage.get("output_tokens"),
        "pieces": pieces,
    }


def chat(asked: Asked, **more: Any) -> dict[str, Any]:
    return told(*say(model_of(asked, **more), asked, [HumanMessage(asked["text"])]))


def thinking(asked: Asked) -> dict[str, Any]:
    return chat(asked, reasoning=asked["think"])


def budget(asked: Asked) -> dict[str, Any]:
    return chat(asked, reasoning=True, num_predict=2)


def structured(asked: Asked) -> dict[str, Any]:
    model = model_of(asked).with_structured_output(
        {"title": "Person"} | asked["schema"], method="json_schema", include_raw=True
    )
    came = model.invoke(asked["text"])
    if came["parsing_error"]:
        raise came["parsing_error"]
    return told(came["raw"], 1)


def image(asked: Asked) -> dict[str, Any]:
    picture = {"type": "image_url", "image_url": f"data:image/png;base64,{asked['image']}"}
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
                texts.append(message.content)
                break
            rounds.append([[call["name"], call["args"]] for call in message.tool_calls])
            for call in message.tool_calls:
                result = CALLABLE[call["name"]].invoke(call)
                assert isinstance(result, ToolMessage)
                messages.append(result)
    return {"rounds": rounds, "text": "\n".join(texts)}


def generate(asked: Asked) -> dict[str, Any]:
    model = OllamaLLM(model=asked["model"], base_url=asked["url"])
    pieces = list(model.stream(asked["text"])) if asked["stream"] else [model.invoke(asked["text"])]
    return {"text": "".join(pieces), "pieces": len(pieces)}


def embed(asked: Asked) -> dict[str, Any]:
    model = OllamaEmbeddings(model=asked["embed_model"], base_url=asked["url"])
    return {"vectors": model.embed_documents(asked["inputs"])}


def unknown(asked: Asked) -> dict[str, Any]:
    return chat(asked, model=asked["unknown"])


work(
    "langchain-ollama",
    {
        "chat": chat,
        "thinking": thinking,
        "budget": budget,
        "structured output": structured,
        "image": image,
        "tools": tools,
        "generate": generate,
        "embed": embed,
        "unknown model": unknown,
    },
)
