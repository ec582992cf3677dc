"""The bare stack: Litestar and aiohttp's client, nothing translated, routed or checked.

The budgets were written beside what this costs on the machine on which they were set
(`measures.REFERENCE`). What it costs here, in the same run, tells what they come to here.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import AsyncIterator

import aiohttp
import uvicorn
from litestar import Litestar, Request, Response, post
from litestar.response import Stream
from msgspec.json import Decoder

from tests.benchmarks.payloads import ALIAS
from tests.benchmarks.yardstick import Request as Asked

DECODER = Decoder(Asked)


def application(upstream: str) -> Litestar:
    """Build the application in front of an upstream."""
    names = {alias: model for model, alias in ALIAS.items()}

    @post("/api/chat", status_code=200)
    async def chat(request: Request) -> Response | Stream:
        body = await request.body()
        asked = DECODER.decode(body)
        body = body.replace(asked.model.encode(), names[asked.model].encode(), 1)
        session: aiohttp.ClientSession = request.app.state.session
        answer = await session.post(f"{upstream}/v1/chat/completions", data=body)
        if not asked.stream:
            return Response(await answer.read(), media_type="application/json")
        return Stream(_events(answer), media_type="text/event-stream")

    async def opened(app: Litestar) -> None:
        app.state.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=2048, limit_per_host=0)
        )

    async def closed(app: Litestar) -> None:
        await app.state.session.close()

    return Litestar([chat], on_startup=[opened], on_shutdown=[closed], openapi_config=None)


async def _events(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    async for piece in answer.content.iter_any():
        yield piece


def main(words: list[str]) -> None:
    """Serve on a port, from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--upstream", required=True)
    given = parser.parse_args(words)
    uvicorn.run(
        application(given.upstream),
        host="127.0.0.1",
        port=given.port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
        backlog=4096,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
