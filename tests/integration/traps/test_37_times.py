"""Trap 37: `created` is in seconds and `created_at` is UTC, wherever the server stands."""

from __future__ import annotations

import re
import time
from datetime import datetime
from typing import Any

import pytest

from tests.integration.traps.scripts import saying
from tests.integration.traps.world import (
    ANTHROPIC,
    DIALECTS,
    Way,
    World,
    along,
    both,
    translated,
)

TIMED = [dialect for dialect in DIALECTS if dialect is not ANTHROPIC]  # its messages have no time


@pytest.fixture
def far_away(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Live where it is another day, half of the time."""
    with monkeypatch.context() as here:
        here.setenv("TZ", "Pacific/Kiritimati")
        time.tzset()
        yield
    time.tzset()


def seconds(created: Any) -> float:
    if isinstance(created, int):
        return created
    form = re.fullmatch(r"(.{10}T.{8})(\.\d{1,9})?Z", created)
    assert form is not None
    return datetime.fromisoformat(f"{form[1]}+00:00").timestamp()


@pytest.mark.usefixtures("far_away")
@along(translated(TIMED))
@both
async def test_the_time_of_an_answer_is_now(world: World, way: Way, stream: bool) -> None:
    world.always(way, saying(["ok"]))
    before = time.time()

    said = await world.ask(way, stream=stream)

    assert abs(seconds(said.created) - before) < 5


@pytest.mark.usefixtures("far_away")
async def test_the_times_of_models_are_in_these_forms(world: World) -> None:
    tags = (await world.client.get("/api/tags")).json()["models"]
    openai = (await world.client.get("/v1/models")).json()["data"]
    anthropic = (await world.client.get("/v1/models", headers=ANTHROPIC.headers)).json()["data"]

    assert all(re.search(r"(Z|[+-]\d\d:\d\d)$", model["modified_at"]) for model in tags)
    assert all(type(model["created"]) is int and model["created"] < 1e10 for model in openai)
    assert all(datetime.fromisoformat(model["created_at"]).tzinfo for model in anthropic)
