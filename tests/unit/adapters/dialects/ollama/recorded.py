"""Parts of recorded answers, taken back to what they say."""

import json
from typing import Any

from ports.chat import FinishReason, Timing, TokenLogprob, ToolCall, Usage


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
