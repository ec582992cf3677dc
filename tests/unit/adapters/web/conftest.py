from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest


@pytest.fixture
async def no_task_is_left_behind() -> AsyncIterator[None]:
    """Count the tasks when the test is over: there may be none but the one that counts."""
    yield
    assert asyncio.all_tasks() == {asyncio.current_task()}
