"""Statements 76 to 80 of the checklist: embeddings."""

from __future__ import annotations

from math import hypot, isclose
from typing import Any

import httpx
import pytest

from tests.integration.checklist.asking import post, refused, whole
from tests.integration.served import Served
from tests.upstream.answers import embed as by_letters
from tests.upstream.answers import embeddings
from tests.upstream.server import Upstream

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def embed(served: Served, **body: Any) -> httpx.Response:
    """Embed with `embed`."""
    return await post(served, "/api/embed", **{"model": "embed"} | body)


async def test_076_each_input_has_a_vector_of_length_one(
    served: Served, upstream: Upstream
) -> None:
    upstream.always(by_letters)

    for given, number, tokens in (("x", 1, 1), (["x", "yy"], 2, 3)):
        answer = whole(await embed(served, input=given))

        assert len(answer["embeddings"]) == number
        assert all(isclose(hypot(*it), 1, rel_tol=1e-3) for it in answer["embeddings"])
        assert answer["prompt_eval_count"] == tokens


async def test_077_nothing_has_no_vectors(served: Served, upstream: Upstream) -> None:
    nothing: tuple[dict[str, Any], ...] = ({"input": ""}, {"input": []}, {"input": None}, {})
    for body in nothing:
        answer = await embed(served, **body)

        assert answer.text == '{"model":"embed","embeddings":[]}'
    assert upstream.exchanges == []


async def test_078_an_input_is_text(served: Served) -> None:
    wrong: tuple[Any, ...] = (5, [5], {})
    for given in wrong:
        for model in ("embed", "nope"):
            refused(await embed(served, model=model, input=given), 400, "invalid input type")


async def test_079_shorter_vectors_are_scaled_again(served: Served, upstream: Upstream) -> None:
    upstream.always(embeddings([0.6, 0.48, 0.64]))

    [vector] = whole(await embed(served, input="x", dimensions=2))["embeddings"]

    assert len(vector) == 2
    assert isclose(hypot(*vector), 1, rel_tol=1e-3)


async def test_080_the_older_route_has_one_vector_as_it_is(
    served: Served, upstream: Upstream
) -> None:
    upstream.always(embeddings([3.0, 4.0]))

    answer = await post(served, "/api/embeddings", model="embed", prompt="x")
    empty = await post(served, "/api/embeddings", model="embed", prompt="")

    assert whole(answer) == {"embedding": [3.0, 4.0]}
    assert empty.text == '{"embedding":[]}'
