"""Every recorded body of `/api/chat` and `/api/show`, refused or taken as the real server did."""

import re

import pytest

from adapters.dialects.ollama import errors
from adapters.dialects.ollama.inbound import chat as inbound
from adapters.dialects.ollama.library import requests
from tests.unit.adapters.dialects.ollama.golden import exchanges, refusal

DECODE = {"/api/chat": inbound.decode_chat, "/api/show": requests.decode_show}

LATER = re.compile(
    r"model '.*' not found"  # nobody has looked for it yet
    r"|invalid model name"  # only where the lookup finds nothing (ollama-api.md 5.3)
    r'|".*" does not support (chat|thinking)'  # a matter of the model
    r"|registry\.ollama\.ai/.* does not support tools"  # the same
    r"|use either :local or :cloud, not both: .*"  # here they are parts of a plain name
    r"|unauthorized|ollama cloud is disabled: .*"  # there is no cloud behind this server
    r"|the prompt is longer than the context length .*"  # the upstream counts tokens
    r"|server busy, please try again\. .*"  # the upstream's queue
    r"|(llama-server|model runner|an error was encountered) .*|\{.*"  # met while generating
)
"""What the real server says only after it has decoded the body."""

NOT_OUR_FAULT = {
    # The real server calls a client's mistake its own; a decided difference.
    'chat: format "yaml"': 500,
    'chat: format "yaml", streaming': 500,
    "chat: format 5": 500,
    "chat: format []": 500,
    "chat: options refused: temperature a string": 500,
    "chat: options refused: num_ctx a string": 500,
    "chat: options refused: stop a string": 500,
}

RECORDED = list(exchanges(*DECODE))
REFUSED = [e for e in RECORDED if e.error is not None and not LATER.fullmatch(e.error)]
TAKEN = [e for e in RECORDED if e not in REFUSED]


@pytest.mark.parametrize("exchange", REFUSED, ids=lambda e: e.name)
def test_a_bad_body_is_refused_in_the_recorded_words(exchange):
    error = refusal(DECODE[exchange.path], exchange)

    assert error is not None
    assert error.message == exchange.error


@pytest.mark.parametrize("exchange", REFUSED, ids=lambda e: e.name)
def test_a_bad_body_has_the_recorded_status_and_bytes(exchange):
    error = refusal(DECODE[exchange.path], exchange)

    assert error is not None
    rendered = errors.render(error)
    assert rendered.body.decode() == exchange.raw
    assert exchange.status == NOT_OUR_FAULT.get(exchange.name, 400)
    assert rendered.status == 400


@pytest.mark.parametrize("exchange", TAKEN, ids=lambda e: e.name)
def test_a_body_that_the_real_server_takes_is_taken(exchange):
    assert refusal(DECODE[exchange.path], exchange) is None


def test_the_recordings_are_there():
    assert len(REFUSED) > 60
    assert len(TAKEN) > 150
