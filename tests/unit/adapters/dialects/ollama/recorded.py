"""Parts of recorded answers, taken back to what they say."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from adapters.dialects.ollama.inbound.lines import AnswerLines
from ports.chat import ChatChunk, FinishReason, Timing, TokenLogprob, ToolCall, Usage
from tests.unit.adapters.dialects.ollama.golden import Exchange, nanoseconds


def logprobs(items: list[dict[str, Any]]) -> tuple[TokenLogprob, ...]:
    """Read log probabilities, alternatives included."""
    return tuple(
        TokenLogprob(
            token=item["token"],
            logprob=item["logprob"],
            bytes=tuple(item["bytes"]),
            top=logprobs(item.get("top_logprobs", [])),
        )
        for item in items
    )


def calls(message: dict[str, Any]) -> tuple[ToolCall, ...]:
    """Read tool calls, their arguments spread over lines."""
    return tuple(
        ToolCall(
            id=call["id"],
            name=call["function"]["name"],
            arguments=json.dumps(call["function"]["arguments"], indent=2),
        )
        for call in message.get("tool_calls", [])
    )


def ending(line: dict[str, Any]) -> dict[str, Any]:
    """Read reason and figures, as members of `FinishChunk` and `ChatResponse`."""
    return {
        "reason": FinishReason(line["done_reason"]),
        "usage": Usage(
            prompt_tokens=line["prompt_eval_count"], completion_tokens=line.get("eval_count", 0)
        ),
        "timing": Timing(
            load_ns=line["load_duration"],
            prompt_ns=line["prompt_eval_duration"],
            completion_ns=line["eval_duration"],
        ),
    }


def streamed(
    exchange: Exchange,
    kind: type[AnswerLines],
    chunks: Callable[[dict[str, Any]], Iterable[ChatChunk]],
) -> str:
    """Encode a recorded stream again, each line when it came."""
    recorded = [json.loads(line) for line in exchange.lines]
    lines = kind(recorded[0]["model"], started_ns=0, alternatives=True)
    return b"".join(
        lines.encode(
            list(chunks(line)),
            wall_ns=nanoseconds(line["created_at"]),
            monotonic_ns=line.get("total_duration", 0),
        )
        for line in recorded
    ).decode()
