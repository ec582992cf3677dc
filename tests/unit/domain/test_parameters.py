"""What an observer learns of a decoded request."""

from __future__ import annotations

import pytest

from domain.parameters import parameters_of
from ports.chat import ChatRequest, JsonFormat, Options
from ports.embed import EmbedRequest
from ports.generate import GenerateRequest
from ports.observer import Request
from ports.parameters import Parameters

OPTIONS = Options(temperature=0.5, stop=("END",))

TOLD: dict[str, tuple[Request, Parameters]] = {
    "a chat": (ChatRequest(model="m"), Parameters(output="text")),
    "a form": (ChatRequest(model="m", format=JsonFormat()), Parameters(output="json")),
    "an effort": (ChatRequest(model="m", think="low"), Parameters(output="text", effort="low")),
    "a switch": (ChatRequest(model="m", think=True), Parameters(output="text")),
    "a prompt": (
        GenerateRequest(model="m", options=OPTIONS, think="max"),
        Parameters(options=OPTIONS, output="text", effort="max"),
    ),
    "texts": (
        EmbedRequest(model="m", inputs=("x",), dimensions=64, options=OPTIONS),
        Parameters(options=OPTIONS, dimensions=64),
    ),
}


@pytest.mark.parametrize(("request_", "told"), TOLD.values(), ids=TOLD)
def test_its_parameters_are_told(request_: Request, told: Parameters) -> None:
    assert parameters_of(request_) == told
