"""`options` (docs/wire/ollama-api.md 2.7)."""

import json

import pytest
from msgspec import UNSET, Raw

from adapters.dialects.requests.options import decode_options
from ports.chat import Options
from ports.errors import InvalidRequest


def decoded(**values):
    return decode_options({name: Raw(json.dumps(value)) for name, value in values.items()})


@pytest.mark.parametrize(
    ("sent", "options"),
    [
        ({}, Options()),
        ({"temperature": 0}, Options(temperature=0.0)),
        ({"temperature": 1, "top_p": 0.5}, Options(temperature=1.0, top_p=0.5)),
        ({"top_k": 40.9, "repeat_last_n": -1}, Options(top_k=40, repeat_last_n=-1)),
        ({"seed": 0}, Options(seed=0)),
        ({"seed": 1.9}, Options(seed=1)),
        ({"seed": -1}, Options(seed=-1)),
        ({"seed": 2**70}, Options(seed=2**63 - 1)),
        ({"num_predict": 5}, Options(max_tokens=5)),
        ({"num_predict": 0}, Options(max_tokens=-1)),
        ({"num_predict": -2}, Options(max_tokens=-2)),
        ({"stop": ["a", "", "b"]}, Options(stop=("a", "b"))),
        ({"stop": [""]}, Options(stop=())),
        ({"stop": None, "temperature": None, "foo": None}, Options()),
    ],
)
def test_an_option_with_a_neutral_name_goes_by_it(sent, options):
    assert decoded(**sent) == options


@pytest.mark.parametrize("name", ["num_ctx", "mirostat", "foo"])
def test_other_options_are_kept_as_they_were_spelled(name):
    options = decode_options({name: Raw(b"2.50")})

    assert {key: bytes(raw) for key, raw in options.extensions.items()} == {name: b"2.50"}
    assert options.max_tokens is UNSET


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("temperature", "hot", "type float32"),
        ("top_p", True, "type float32"),
        ("top_p", 10**400, "type float32"),
        ("num_ctx", "4096", "type integer"),
        ("main_gpu", "0", "type integer"),
        ("seed", True, "type integer"),
        ("num_predict", {}, "type integer"),
        ("use_mmap", "yes", "type boolean"),
        ("stop", "x", "type array"),
        ("stop", [1], "an array of strings"),
    ],
)
def test_a_wrong_type_is_refused_in_the_words_of_ollama(name, value, wanted):
    with pytest.raises(InvalidRequest) as refused:
        decoded(**{name: value})

    assert refused.value.message == f'option "{name}" must be of {wanted}'
