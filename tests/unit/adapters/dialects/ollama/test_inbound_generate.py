"""Decoding `/api/generate` and encoding whole answers, also against every recorded exchange."""

import json
import re

import pytest
from msgspec import UNSET

from adapters.dialects.ollama.inbound.generate import decode_generate, encode_generate, encode_load
from adapters.dialects.ollama.inbound.metrics import Moments
from ports.chat import ChatResponse, Image, JsonFormat, ToolCall
from ports.errors import InvalidRequest, ModelNotFound
from tests.unit.adapters.dialects.ollama.golden import (
    Exchange,
    as_recorded,
    exchanges,
    nanoseconds,
    refusal,
    rendered,
)
from tests.unit.adapters.dialects.ollama.recorded import ending, logprobs

PNG = "iVBORw0KGgo="

LATER = re.compile(
    r"model '[^ ]+' not found"  # nobody has looked for it yet
    r"|invalid model name"  # only where the lookup finds nothing (ollama-api.md 5.3)
    r'|".*" does not support (generate|thinking)'  # a matter of the model
    r"|registry\.ollama\.ai/.* does not support insert"  # the same
    r"|raw mode does not support .*"  # said once the model is found
    r"|template: .*"  # the template is on the other side
    r"|use either :local or :cloud, not both: .*"  # here they are parts of a plain name
    r"|unauthorized|ollama cloud is disabled: .*"  # there is no cloud behind this server
    r"|the prompt is longer than the context length .*"  # the upstream counts tokens
    r"|server busy, please try again\. .*"  # the upstream's queue
    r"|(model runner|an error was encountered) .*|\{.*"  # met while generating
)
"""What the real server says only after it has decoded the body."""

RECORDED = list(exchanges("/api/generate"))
REFUSED = [e for e in RECORDED if e.error is not None and not LATER.fullmatch(e.error)]
TAKEN = [e for e in RECORDED if e not in REFUSED]

NOT_COPIED = {
    # An answer that stops without an end: here it ends with an error.
    "generate: the same, not streaming: done false",
    # Rendering a prompt is for those who have the model's template.
    "generate: debug render",
    "generate: debug render with an image",
}
ANSWERS = [e for e in RECORDED if e.status == 200 and e.name not in NOT_COPIED]
PLAIN = [e for e in ANSWERS if e.content_type != "application/x-ndjson"]
LOADS = [e for e in PLAIN if '"done_reason":"load"' in e.raw or '"unload"' in e.raw]
WHOLE = [e for e in PLAIN if e not in LOADS]


def generate(**members):
    return decode_generate(json.dumps({"model": "m", "prompt": "hi", **members}).encode())


@pytest.mark.parametrize("exchange", REFUSED, ids=lambda e: e.name)
def test_a_bad_body_is_refused_in_the_recorded_words(exchange):
    assert rendered(refusal(decode_generate, exchange)) == as_recorded(exchange)


@pytest.mark.parametrize("exchange", TAKEN, ids=lambda e: e.name)
def test_a_body_that_the_real_server_takes_is_taken(exchange):
    assert refusal(decode_generate, exchange) is None


def without_context(raw: str) -> str:
    # Tokens, which are not known here and never made up.
    return re.sub(r'"context":\[[^]]*\],', "", raw).replace("\u0085", "\\u0085")


@pytest.mark.parametrize("exchange", WHOLE, ids=lambda e: e.name)
def test_a_whole_answer_is_encoded_as_recorded(exchange: Exchange):
    recorded = json.loads(exchange.raw)
    response = ChatResponse(
        text=recorded["response"],
        thinking=recorded.get("thinking", ""),
        logprobs=logprobs(recorded.get("logprobs", [])),
        **ending(recorded),
    )
    moments = Moments(
        created_at_ns=nanoseconds(recorded["created_at"]),
        started_ns=0,
        finished_ns=recorded["total_duration"],
    )

    encoded = encode_generate(recorded["model"], response, moments, alternatives=True)

    assert encoded.decode() == without_context(exchange.raw)


@pytest.mark.parametrize("exchange", LOADS, ids=lambda e: e.name)
def test_loading_and_unloading_is_answered_as_recorded(exchange: Exchange):
    recorded = json.loads(exchange.raw)

    call = decode_generate(exchange.body)
    encoded = encode_load(
        call.request.model, nanoseconds(recorded["created_at"]), unload=call.unloads
    )

    assert call.loads
    assert encoded.decode() == exchange.raw


def test_the_recordings_are_there():
    assert len(REFUSED) > 50
    assert len(TAKEN) > 100
    assert len(WHOLE) > 40
    assert len(LOADS) > 15


def test_what_is_absent_has_its_default():
    call = decode_generate(b'{"model":" m:8b ","prompt":"hi"}')

    assert call.request.model == " m:8b "
    assert call.request.prompt == "hi"
    assert call.request.format is None
    assert call.request.think is UNSET
    assert call.request.extensions == {}
    assert not call.request.raw
    assert call.stream
    assert call.keep_alive is None
    assert not call.debug_render_only


def test_null_is_as_good_as_absent_everywhere():
    fields = ("suffix", "system", "template", "context", "stream", "raw", "format", "images")
    more = ("keep_alive", "options", "think", "truncate", "shift", "logprobs", "top_logprobs")

    assert generate(**dict.fromkeys((*fields, *more, "_debug_render_only"))) == generate()


def test_everything_is_decoded():
    call = generate(
        suffix="s",
        system="y",
        template="t",
        context=[1, None, 3],
        raw=True,
        format="json",
        images=[PNG, None, ""],
        options={"seed": 1},
        think="low",
        logprobs=True,
        top_logprobs=2,
        stream=False,
        keep_alive="5m",
        _debug_render_only=True,
    )

    request = call.request
    assert (request.suffix, request.system, request.template) == ("s", "y", "t")
    assert request.context == (1, 0, 3)
    assert request.raw
    assert request.format == JsonFormat()
    assert request.images == (Image(data=b"\x89PNG\r\n\x1a\n", media_type="image/png"),)
    assert request.options.seed == 1
    assert request.think == "low"
    assert (request.logprobs, request.top_logprobs) == (True, 2)
    assert not call.stream
    assert call.keep_alive == 300
    assert call.debug_render_only


def test_what_only_ollama_acts_on_is_handed_on_as_it_was_sent():
    sent = generate(keep_alive=-1, truncate=False, shift=True).request.extensions

    assert {name: bytes(raw) for name, raw in sent.items()} == {
        "ollama.keep_alive": b"-1",
        "ollama.truncate": b"false",
        "ollama.shift": b"true",
    }


def test_keys_are_taken_in_any_case():
    call = decode_generate(b'{"MODEL":"m","Prompt":"hi"} trailing')

    assert (call.request.model, call.request.prompt) == ("m", "hi")


@pytest.mark.parametrize("model", ["", "  "])
def test_no_model_is_one_that_nobody_has(model):
    with pytest.raises(ModelNotFound, match=f"model '{model}' not found"):
        generate(model=model)


def test_the_format_is_not_looked_at_where_nothing_is_asked():
    assert generate(prompt="", format="yaml").request.format is None
    with pytest.raises(InvalidRequest):
        generate(format="yaml")


def test_endless_nesting_is_refused():
    with pytest.raises(InvalidRequest):
        decode_generate(b'{"model":"m","think":' + b"[" * 100_000)


def test_tool_calls_stand_behind_the_figures_without_ids():
    response = ChatResponse(tool_calls=(ToolCall(id="c1", name="f", arguments='{"a": 1}'),))
    moments = Moments(created_at_ns=0, started_ns=0, finished_ns=5)

    encoded = encode_generate("m", response, moments).decode()

    assert encoded.endswith(
        '"eval_duration":5,"tool_calls":[{"function":{"index":0,"name":"f","arguments":{"a":1}}}]}'
    )
