"""What passes tells the parameters that it would tell if it were decoded, and nothing odd."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from msgspec import UNSET, Raw

from adapters.dialects.ollama.inbound.chat import decode_chat
from adapters.dialects.ollama.inbound.embed import decode_embed
from adapters.dialects.ollama.inbound.generate import decode_generate
from adapters.dialects.ollama.relay.exchange import (
    CHAT,
    COUNTING,
    EMBED,
    EMBEDDINGS,
    GENERATE,
    Route,
)
from adapters.dialects.relaying.bodies import members_of
from domain.parameters import parameters_of
from ports.chat import Options
from ports.observer import Request
from ports.parameters import Parameters
from tests.unit.adapters.dialects.odd_values import FRACTIONS, ODD

OPTIONS = {
    "temperature": 1,
    "top_p": 0.5,
    "top_k": 40.7,
    "presence_penalty": -1.5,
    "frequency_penalty": 0,
    "seed": 7,
    "num_predict": 9,
    "stop": ["END", ""],
}
FORMS: tuple[Any, ...] = (None, "", "json", {"type": "object"})
MORE: list[dict[str, Any]] = [
    {},
    {"options": OPTIONS},
    {"options": None},
    {"options": {"seed": -1, "num_predict": -2, "stop": [], "temperature": None}},
    *({"format": form} for form in FORMS),
    *({"think": think} for think in (None, True, False, "high")),
]


def chat(body: bytes) -> Request:
    return decode_chat(body).request


def generate(body: bytes) -> Request:
    return decode_generate(body).request


def told(route: Route, body: bytes) -> Parameters:
    members = members_of(body, COUNTING)
    assert members is not None
    return route.parameters(members)


@pytest.mark.parametrize("more", MORE, ids=json.dumps)
@pytest.mark.parametrize(("route", "decode"), [(CHAT, chat), (GENERATE, generate)])
def test_a_body_tells_what_it_would_tell_if_it_were_decoded(
    route: Route, decode: Callable[[bytes], Request], more: dict[str, Any]
) -> None:
    asks = {"messages": [{"role": "user", "content": "hi"}], "prompt": "hi"}
    sent = json.dumps({"model": "m"} | asks | more).encode()

    assert told(route, sent) == parameters_of(decode(sent))


@pytest.mark.parametrize(
    "more", [{}, {"dimensions": 64}, {"dimensions": 0}, {"options": {"seed": 1}}], ids=json.dumps
)
def test_so_does_one_for_vectors(more: dict[str, Any]) -> None:
    sent = json.dumps({"model": "m", "input": "hi"} | more).encode()

    assert told(EMBED, sent) == parameters_of(decode_embed(sent))


def test_all_of_them_are_told() -> None:
    body = {"model": "m", "options": OPTIONS, "format": "json", "think": "low"}

    assert told(CHAT, json.dumps(body).encode()) == Parameters(
        options=Options(
            temperature=1.0,
            top_p=0.5,
            top_k=40,
            presence_penalty=-1.5,
            frequency_penalty=0.0,
            seed=7,
            max_tokens=9,
            stop=("END",),
        ),
        output="json",
        effort="low",
    )


def test_no_limit_is_no_parameter() -> None:
    assert told(CHAT, b'{"model":"m","options":{"num_predict":0}}') == Parameters(output="text")


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_odd_option_is_as_good_as_absent(odd: bytes) -> None:
    for name in OPTIONS:
        options = {"options": Raw(b'{"%b":%b}' % (name.encode(), odd))}
        assert EMBED.parameters(options) == Parameters(), name


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("route", [CHAT, GENERATE, EMBED, EMBEDDINGS], ids=lambda it: it.path)
def test_so_is_an_odd_member(route: Route, odd: bytes) -> None:
    for name in ("options", "think", "dimensions"):
        assert route.parameters({name: Raw(odd)}) == route.parameters({}), name


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_odd_form_is_not_told(odd: bytes) -> None:
    form = "json" if odd.startswith(b"{") else "text" if odd in {b"null", b'""'} else UNSET

    assert CHAT.parameters({"format": Raw(odd)}) == Parameters(output=form)


@pytest.mark.parametrize("odd", FRACTIONS.values(), ids=FRACTIONS)
def test_a_number_of_too_many_bits_is_not_told(odd: bytes) -> None:
    options = {"options": Raw(b'{"seed":%b}' % odd)}

    assert EMBED.parameters(options).options.seed == (5 if odd == b"5.5" else UNSET)
