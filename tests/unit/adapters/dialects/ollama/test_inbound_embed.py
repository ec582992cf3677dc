"""`/api/embed` and `/api/embeddings`, also against every recorded exchange."""

import json
import re

import pytest
from msgspec import UNSET, Raw

from adapters.dialects.ollama.inbound.embed import (
    decode_embed,
    decode_embeddings,
    encode_embed,
    encode_embeddings,
)
from adapters.dialects.ollama.inbound.metrics import Moments
from ports.chat import Timing, Usage
from ports.embed import EmbedResponse, Vector
from ports.errors import InvalidRequest
from tests.unit.adapters.dialects.ollama.golden import as_recorded, exchanges, refusal, rendered

DECODE = {"/api/embed": decode_embed, "/api/embeddings": decode_embeddings}

LATER = re.compile(
    r'model ".*" not found, try pulling it first'  # nobody has looked for it yet
    r"|invalid model name"  # only where the lookup finds nothing (ollama-api.md 5.3)
    r"|unauthorized|ollama cloud is disabled: .*"  # there is no cloud behind this server
    r"|server busy, please try again\. .*"  # the upstream's queue
    r"|Compute error\.|.*input.* exceeds .*"  # met while computing
)
"""What the real server says only after it has decoded the body."""

RECORDED = list(exchanges(*DECODE))
REFUSED = [e for e in RECORDED if e.error is not None and not LATER.fullmatch(e.error)]
TAKEN = [e for e in RECORDED if e not in REFUSED]
ANSWERS = [e for e in RECORDED if e.status == 200]

MOMENTS = Moments(created_at_ns=0, started_ns=100, finished_ns=400)


def embed(**members):
    return decode_embed(json.dumps({"model": "m", **members}).encode())


@pytest.mark.parametrize("exchange", REFUSED, ids=lambda e: e.name)
def test_a_bad_body_is_refused_in_the_recorded_words(exchange):
    assert rendered(refusal(DECODE[exchange.path], exchange)) == as_recorded(exchange)


@pytest.mark.parametrize("exchange", TAKEN, ids=lambda e: e.name)
def test_a_body_that_the_real_server_takes_is_taken(exchange):
    assert refusal(DECODE[exchange.path], exchange) is None


@pytest.mark.parametrize("exchange", ANSWERS, ids=lambda e: e.name)
def test_an_answer_is_encoded_as_recorded(exchange):
    recorded = json.loads(exchange.raw)
    one = "embedding" in recorded
    vectors = [recorded["embedding"]] if one else recorded["embeddings"]
    response = EmbedResponse(
        vectors=tuple(
            Vector(values=vector, text=Raw(spelled.encode()))
            for vector, spelled in zip(vectors, spellings(exchange.raw), strict=True)
            if vector
        ),
        usage=Usage(prompt_tokens=recorded.get("prompt_eval_count")),
        timing=Timing(load_ns=recorded.get("load_duration")),
    )
    moments = Moments(created_at_ns=0, started_ns=0, finished_ns=recorded.get("total_duration", 0))

    encoded = (
        encode_embeddings(response) if one else encode_embed(recorded["model"], response, moments)
    )

    assert encoded.decode() == exchange.raw


def spellings(raw: str) -> list[str]:
    return re.findall(r"\[[-0-9.,e]+\]", raw) or (["[]"] if raw == '{"embedding":[]}' else [])


def test_the_recordings_are_there():
    assert len(REFUSED) > 20
    assert len(ANSWERS) > 30


@pytest.mark.parametrize(
    ("members", "inputs"),
    [
        ({}, ()),
        ({"input": None}, ()),
        ({"input": ""}, ()),
        ({"input": []}, ()),
        ({"input": "a"}, ("a",)),
        ({"input": [""]}, ("",)),
        ({"input": ["a", "b"]}, ("a", "b")),
    ],
)
def test_inputs_are_one_text_or_many(members, inputs):
    assert embed(**members).inputs == inputs


@pytest.mark.parametrize("value", [5, [5], {}, [["a"]], True, False, ["a", None], 0])
def test_anything_else_is_no_input(value):
    with pytest.raises(InvalidRequest, match="invalid input type"):
        embed(input=value)


def test_what_is_absent_has_its_default():
    request = embed(input="a")

    assert request.dimensions is UNSET
    assert request.truncate
    assert request.extensions == {}


def test_what_is_there_is_decoded():
    request = embed(
        input="a", dimensions=2, truncate=False, keep_alive="1m", options={"num_ctx": 9}
    )

    assert request.dimensions == 2
    assert not request.truncate
    assert bytes(request.options.extensions["num_ctx"]) == b"9"
    assert {name: bytes(raw) for name, raw in request.extensions.items()} == {
        "ollama.keep_alive": b'"1m"',
        "ollama.truncate": b"false",
    }


@pytest.mark.parametrize("dimensions", [0, -1, None])
def test_dimensions_that_say_nothing_are_absent(dimensions):
    assert embed(input="a", dimensions=dimensions).dimensions is UNSET


@pytest.mark.parametrize("decode", DECODE.values())
def test_keys_are_taken_in_any_case(decode):
    request = decode(b'{"MODEL":"m","Input":"a","Prompt":"a"}')

    assert (request.model, request.inputs) == ("m", ("a",))


@pytest.mark.parametrize("decode", DECODE.values())
def test_endless_nesting_is_refused(decode):
    with pytest.raises(InvalidRequest):
        decode(b'{"model":"m","keep_alive":' + b"[" * 100_000)


def test_the_upstreams_own_spelling_goes_on():
    vectors = (Vector(values=(1.0, 0.5), text=Raw(b"[1, 5e-1]")), Vector(values=(0.25, 2e-7)))

    encoded = encode_embed("<m>", EmbedResponse(vectors=vectors), MOMENTS)

    assert encoded == (
        rb'{"model":"\u003cm\u003e","embeddings":[[1, 5e-1],[0.25,2e-7]],'
        b'"total_duration":300,"load_duration":0}'
    )


def test_the_total_is_never_less_than_a_part():
    response = EmbedResponse(
        vectors=(Vector(values=(1.0,)),),
        usage=Usage(prompt_tokens=7),
        timing=Timing(load_ns=900),
    )

    encoded = json.loads(encode_embed("m", response, MOMENTS))

    assert (encoded["total_duration"], encoded["load_duration"]) == (900, 900)
    assert encoded["prompt_eval_count"] == 7


def test_one_vector_goes_alone():
    assert encode_embeddings(EmbedResponse(vectors=(Vector(values=(0.5,)),))) == (
        b'{"embedding":[0.5]}'
    )
