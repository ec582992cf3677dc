"""A request passes as it is spelled, but for the model's name, and none that leaves a doubt."""

from __future__ import annotations

import json

import pytest

from adapters.dialects.relaying.bodies import members_of, model_of, read_wanted, renamed

COUNTING = frozenset({"model", "prompt", "stream"})
BODY = b'{"model":"mine","zeta":1.50, "messages":[ {"role":"user"} ],"odd":{"b":1,"a":1e3}} '


def test_a_body_goes_on_as_it_is_where_the_names_agree() -> None:
    members = members_of(BODY, COUNTING)

    assert members is not None
    assert model_of(members) == "mine"
    assert renamed(BODY, members, "mine") is BODY


def test_only_the_name_changes_where_they_do_not() -> None:
    members = members_of(BODY, COUNTING)
    assert members is not None

    sent = renamed(BODY, members, 'qwen3:8b "x"')

    assert sent == BODY.replace(b'"mine"', json.dumps('qwen3:8b "x"').encode())


@pytest.mark.parametrize(
    "body",
    [
        b'{"mine":"mine","model":"mine"}',
        b'{"model" : "mine" ,"x":"mine"}',
        b'{"x":"\\"model\\":\\"mine\\"","model":"mine"}',
        b'{"model":"mi\\u006ee"}',
        b'{"tools":[{"properties":{"model":{}}}],"model":"mine"}',
        b'{"model":"mine","x":{"model":"mine"}}',
    ],
)
def test_the_name_is_found_where_it_stands(body: bytes) -> None:
    members = members_of(body, COUNTING)
    assert members is not None

    assert json.loads(renamed(body, members, "own")) == json.loads(body) | {"model": "own"}


DOUBTFUL = {
    "a second spelling": b'{"model":"mine","MODEL":"other"}',
    "a second spelling, escaped": b'{"model":"mine","\\u004dodel":"other"}',
    "another spelling": b'{"Model":"mine"}',
    "another spelling of what is asked": b'{"model":"mine","Prompt":"hi"}',
    "another spelling of how": b'{"model":"mine","Stream":false}',
    "a letter that is the same to some": '{"model":"mine","\u017ftream":false}'.encode(),
    "no model": b'{"messages":[]}',
    "no object": b'["model"]',
    "no JSON": b'{"model":"mine"',
    "something behind it": b'{"model":"mine"} x',
    "null": b"null",
    "nothing": b"",
    "too deep": b'{"model":"mine","messages":' + b"[" * 100_000,
}


@pytest.mark.parametrize("body", DOUBTFUL.values(), ids=DOUBTFUL)
def test_a_body_in_doubt_is_not_passed_on(body: bytes) -> None:
    assert members_of(body, COUNTING) is None


@pytest.mark.parametrize("model", [b"null", b"1", b'""', b'" "', b'["x"]', b'"\\ud800'])
def test_a_name_that_is_none_is_not_looked_up(model: bytes) -> None:
    members = members_of(b'{"model":' + model + b"}", COUNTING)

    assert members is None or model_of(members) is None


@pytest.mark.parametrize(
    "body",
    [
        b'{"model":"a","model":"box"}',
        b'{"mode\\u006c":"a","model":"box"}',
        b'{"model":"a","mode\\u006C":"box"}',
    ],
)
def test_of_two_models_the_last_counts_and_goes_on_alone(body: bytes) -> None:
    members = members_of(body, COUNTING)
    assert members is not None

    assert model_of(members) == "box"
    assert renamed(body, members, "box") == b'{"model":"box"}'


LEADING = (
    '"models":["x"]',
    '"Models":["x"]',
    '"model\u017f":["x"]',
    '"m\\u006fdels":["x"]',
    '"plugins":[{"id":"fusion","analysis_models":["x"]}]',
    '"extra_body":{"model":"x"}',
    '"model_list":[{"litellm_params":{"model":"x","api_base":"http://x"}}]',
    '"api_base":"http://x"',
    '"tools":[{"type":"function"},{"type":"openrouter:fusion"}]',
    '"tools":[{"type":"openrouter\\u003aimage_generation","parameters":{"model":"x"}}]',
    '"tools":[{"type":"image_generation"}]',
    '"tools":[{"type":"advisor_20260301","model":"x"}]',
    '"tools":[{"type":["openrouter:fusion"]}]',
    '"tools":{"type":"openrouter:fusion"}',
)


@pytest.mark.parametrize("member", LEADING)
def test_what_may_lead_to_other_models_is_seen(member: str) -> None:
    wanted = read_wanted(f'{{"model":"mine",{member}}}'.encode())

    assert wanted is None or wanted.others


@pytest.mark.parametrize(
    "member",
    [
        '"tools":null',
        '"tools":[]',
        '"tools":[{"name":"plain"},{"type":"function"},{"type":"custom"}]',
        '"tools":[{"type":"web_search_20250305"},{"type":"local_shell"},{"type":"bash_20250124"}]',
        '"metadata":{"models":"x"}',
    ],
)
def test_what_leads_to_none_is_no_reason(member: str) -> None:
    wanted = read_wanted(f'{{"model":"mine",{member}}}'.encode())

    assert wanted is not None
    assert not wanted.others
