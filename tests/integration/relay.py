"""A way to an address by another port, as a name that leads back to us would be."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit


class relay:  # noqa: N801 - reads as a verb where it is used
    """Pass every connection on a port to another address."""

    def __init__(self, port: int, url: str) -> None:
        self._port = port
        self._to = urlsplit(url)
        self._pumps: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)

    async def __aexit__(self, *_error: object) -> None:
        self._server.close()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self._to.hostname, self._to.port)
        for source, sink in ((reader, back), (there, writer)):
            self._pumps.append(asyncio.create_task(self._pump(source, sink)))

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                sink.write(data)
        finally:
            sink.close()
