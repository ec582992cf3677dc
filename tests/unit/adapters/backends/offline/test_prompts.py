"""What the offline backend makes of prompts that are no chats."""

from __future__ import annotations

import pytest

from adapters.backends.offline.backend import OfflineChat
from adapters.backends.offline.prompts import OfflinePrompts
from ports.chat import FinishReason, Options
from ports.errors import InvalidRequest
from ports.generate import GenerateRequest
from tests.fakes.clock import FakeClock
from tests.unit.adapters.backends.offline.talk import answer, asks


def prompts() -> OfflinePrompts:
    return OfflinePrompts(OfflineChat(pace=0, clock=FakeClock()))


async def test_a_raw_prompt_is_answered_as_a_chat_of_the_same_text() -> None:
    options = Options(max_tokens=4, seed=2)
    request = GenerateRequest(
        model="offline", prompt="[INST] kettle?", raw=True, options=options, think=False
    )

    response = await prompts().generate(request)

    assert response == await answer(asks("[INST] kettle?", options=options))
    assert response.reason is FinishReason.LENGTH


async def test_a_gap_is_refused() -> None:
    request = GenerateRequest(model="offline", prompt="a", suffix="b")

    with pytest.raises(InvalidRequest, match="suffix is not supported by this backend"):
        await prompts().generate(request)
    with pytest.raises(InvalidRequest, match="suffix is not supported by this backend"):
        await prompts().open_generate(request).__aenter__()
