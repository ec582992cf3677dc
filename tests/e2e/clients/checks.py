"""What must come of a call, whichever client makes it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from math import isclose, sqrt
from types import MappingProxyType
from typing import Any

import msgspec

from tests.e2e.clients.gateways import ANOTHER, RELAYED, Gateway
from tests.upstream.persona.behaviour import LOGPROB, OTHER, THINKING, embed
from tests.upstream.persona.trouble import RETRY_AFTER

Came = Mapping[str, Any]
Check = Callable[[Came, Gateway], None]

HELLO = "hello there, <b>&  w\u00f6rld"
INPUTS = ("a", "b c", "a")
TOOL = "get_time"

ENDED = ("stop", "end_turn", "completed")
RAN_OUT = ("length", "max_tokens", "max_output_tokens")
"""How the protocols name why an answer ended, and how clients do that have words of their own."""

ERRORS: Mapping[int, frozenset[str]] = MappingProxyType(
    {
        400: frozenset({"BadRequestError"}),
        401: frozenset({"AuthenticationError"}),
        404: frozenset({"NotFoundError"}),
        429: frozenset({"RateLimitError"}),
        502: frozenset({"InternalServerError"}),
        503: frozenset({"InternalServerError", "ServiceUnavailableError"}),
    }
)
ERRORS_OF_ANY_STATUS = frozenset({"ModelHTTPError", "AI_APICallError", "APICallError"})
TIMEOUTS = frozenset({"APITimeoutError", "APIConnectionTimeoutError"})


def said(came: Came, gateway: Gateway) -> None:
    """The text came back whole, and ended as it should."""
    assert "hello there, <b>&" in came["text"]
    assert "w\u00f6rld" in came["text"]
    assert came.get("reason", "stop") in ENDED
    assert came.get("prompt_tokens", 3) >= 3
    assert came.get("completion_tokens", 3) >= 3
    assert came.get("request_id", "of a client that does not tell it")


def streamed(came: Came, gateway: Gateway) -> None:
    """The same in several pieces."""
    said(came, gateway)
    assert came["pieces"] > 1


def thought(came: Came, gateway: Gateway) -> None:
    """There was thinking, and none of it in the text."""
    said(came, gateway)
    assert came["thinking"]
    assert came["thinking"] not in came["text"]
    if gateway.upstream is not None:
        assert came["thinking"] == "".join(THINKING)


def thought_nothing(came: Came, gateway: Gateway) -> None:
    """There was none."""
    said(came, gateway)
    assert not came["thinking"]


def ran_out(came: Came, gateway: Gateway) -> None:
    """The budget went into thinking, and the answer says so."""
    assert came["reason"] in RAN_OUT
    assert not came["text"]
    assert came["thinking"]


def structured(came: Came, gateway: Gateway) -> None:
    """The text is an instance of the schema."""
    assert msgspec.json.decode(came["text"]) == {"name": "Ada", "age": 36}


def seen(came: Came, gateway: Gateway) -> None:
    """The image was seen."""
    assert "I see 1 image" in came["text"]


def called(came: Came, gateway: Gateway) -> None:
    """Two calls in each of three rounds, and every result reached the model."""
    rounds = [[(name, arguments["city"]) for name, arguments in calls] for calls in came["rounds"]]
    assert rounds == gateway.rounds, came["text"]
    for result in gateway.results:
        assert result in came["text"]


def embedded(came: Came, gateway: Gateway) -> None:
    """A vector of length 1 for each input, and the same for the same."""
    first, second, again = came["vectors"]
    assert first == again != second
    for vector in came["vectors"]:
        assert isclose(sqrt(sum(value * value for value in vector)), 1, abs_tol=1e-3)


def embedded_as_it_is(came: Came, gateway: Gateway) -> None:
    """Ollama's old route gives the vector as the model made it."""
    first, second, again = came["vectors"]
    assert first == again != second
    if gateway.upstream is not None:
        assert sqrt(sum(value * value for value in first)) > 1.5


def embedded_as_given(came: Came, gateway: Gateway) -> None:
    """The numbers are those that the upstream gave."""
    vectors = came["vectors"]
    if gateway.kind not in (*RELAYED, ANOTHER):
        embedded(came, gateway)
    else:
        assert vectors == [embed(text) for text in INPUTS]


def weighed(came: Came, gateway: Gateway) -> None:
    """Every piece of the text came with its log probability, and with one other."""
    said(came, gateway)
    assert "".join(token for token, _, _ in came["logprobs"]) == came["text"]
    assert {logprob for _, logprob, _ in came["logprobs"]} == {LOGPROB}
    assert {tuple(others) for _, _, others in came["logprobs"]} == {(OTHER,)}


def forced(came: Came, gateway: Gateway) -> None:
    """The tool was called that had to be."""
    assert came["called"] == [TOOL]


def listed_for_others(came: Came, gateway: Gateway) -> None:
    """Every model is there, and each is found by the name under which it is listed."""
    bare = {name.removesuffix(":latest") for name in came["models"]}
    assert {"plain", "tools", "embed", "me/ns:tag"} <= bare
    assert came["found"] == came["models"]


def counted(came: Came, gateway: Gateway) -> None:
    """There is a number of tokens, no smaller than one for each word."""
    assert came["tokens"] >= len(HELLO.split())


def listed(came: Came, gateway: Gateway) -> None:
    """Every model is there under the name that clients know."""
    assert {"plain:latest", "tools:latest", "embed:latest", "me/ns:tag"} <= set(came["models"])


def shown(came: Came, gateway: Gateway) -> None:
    """What the model can do is told."""
    assert {"completion", "tools", "thinking"} <= set(came["capabilities"])
    assert came["architecture"]["general.architecture"]


def running(came: Came, gateway: Gateway) -> None:
    """A model that was just used is listed."""
    assert "tools:latest" in came["models"]


def succeeded(came: Came, gateway: Gateway) -> None:
    """It ended well."""
    assert came["text"] == "success"


def came_and_went(came: Came, gateway: Gateway) -> None:
    """The new model was listed, answered, and is gone."""
    said(came, gateway)
    assert {"the-copy:latest", "made:latest"} & set(came["models"])
    assert not {"the-copy:latest", "made:latest"} & set(came["left"])


def not_found(came: Came, gateway: Gateway) -> None:
    """The client raised what it raises for a model that is not there."""
    assert came["raised"]
    assert re.search("model 'nope(:latest)?' not found", came["message"])
    assert came["status"] in (404, 500, None)  # litellm names every error of Ollama's 500


def refused(status: int, says: str = "") -> Check:
    """Make a check that the client raised what it raises for a status, and what it says."""

    def check(came: Came, gateway: Gateway) -> None:
        assert came["status"] == status
        assert (ERRORS[status] | ERRORS_OF_ANY_STATUS).intersection(came["classes"])
        assert re.search(says, f"{came['code']} {came['message']}")

    return check


def limited(came: Came, gateway: Gateway) -> None:
    """The client raised, and knows how long to wait."""
    refused(429)(came, gateway)
    assert came["retry_after"] == str(RETRY_AFTER)


def timed_out(came: Came, gateway: Gateway) -> None:
    """The client gave up waiting."""
    assert TIMEOUTS.intersection(came["classes"])


def broken_off(came: Came, gateway: Gateway) -> None:
    """The client raised: what came before is no answer. Nearly every one tells what it was told."""
    assert re.search("broke off|Didn't receive a `response.completed` event", came["message"])
