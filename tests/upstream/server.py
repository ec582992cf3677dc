"""A scripted upstream on a real socket.

Everything runs on the event loop of the test, so a script may wait for an `asyncio.Event`
of the test, and times are loop times. The server reads while it writes: that is how it
knows, to the millisecond, when a client went away before its answer was complete.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Self

from tests.upstream import ollama_answers
from tests.upstream.answers import error, models
from tests.upstream.connection import Connection, Exchange
from tests.upstream.script import Reply, Script
from tests.upstream.wire import Received
from tests.waiting import until


class Upstream:
    """Answers requests with the replies that a test has queued, and remembers everything.

    Queued replies (`reply`) are used up in order; when there are none, the standing one
    (`always`) answers; when there is none either, the answer is 500 "nothing is scripted".
    `GET …/models` is answered from `models` and takes no reply; with `models = None` it is
    404. So are `GET /api/tags` (a name, or a whole entry), `POST /api/show` from `shown`, and
    `GET /api/ps` from `running`. All of it may be changed at any time.
    """

    def __init__(self) -> None:
        self.models: Sequence[str] | None = ("m",)
        self.lists: dict[str, Reply] = {}
        """Further lists of models, or others than `models`, by the end of their path."""
        self.tags: Sequence[str | Mapping[str, Any]] | None = ("m:latest",)
        self.shown: dict[str, Reply] = {}
        """By the model's name; 404 for a name that is not here."""
        self.running: Sequence[Mapping[str, Any]] = ()
        self.requests: list[Received] = []
        """Every request, lists of models included."""
        self.exchanges: list[Exchange] = []
        """Every exchange that took a script, in the order in which the requests came."""
        self.connections: list[Connection] = []
        """Every connection that was ever accepted."""
        self._queue: list[Script] = []
        self._standing: Script | None = None
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """The root, without a slash at its end."""
        if self._server is None:
            raise RuntimeError("the upstream is not running")
        host, port = self._server.sockets[0].getsockname()
        return f"http://{host}:{port}"

    @property
    def base_url(self) -> str:
        """What a client of OpenAI's API is configured with."""
        return f"{self.url}/v1"

    @property
    def open_connections(self) -> int:
        """How many connections are open now."""
        return sum(connection.gone_at is None for connection in self.connections)

    def reply(self, *scripts: Script) -> None:
        """Queue one script for each of the next requests."""
        self._queue.extend(scripts)

    def always(self, script: Script) -> None:
        """Set what answers when nothing is queued."""
        self._standing = script

    def forget(self) -> None:
        """Drop every script and everything recorded; open connections stay open."""
        self._raise_failure()
        self._queue.clear()
        self._standing = None
        self.models = ("m",)
        self.lists.clear()
        self.tags = ("m:latest",)
        self.shown.clear()
        self.running = ()
        self.requests.clear()
        self.exchanges.clear()
        self.connections = [c for c in self.connections if c.gone_at is None]

    async def exchange(self, number: int = 0, deadline: float = 5.0) -> Exchange:
        """Return the exchange of that number (from 0), as soon as its request is here."""
        await until(lambda: len(self.exchanges) > number, deadline)
        return self.exchanges[number]

    async def closed_early(self, number: int = 0, deadline: float = 5.0) -> float:
        """Return the loop time at which the client left exchange `number` before its end.

        Fails where the exchange was answered to the end, or nobody leaves within the deadline.
        """
        exchange = await self.exchange(number, deadline)
        await until(lambda: exchange.ended, deadline)
        if exchange.left_at is None:
            raise AssertionError(f"exchange {number} ended by itself")
        return exchange.left_at

    async def answer(self, request: Received, connection: Connection) -> None:
        """Play the script for a request. Called by a connection."""
        self.requests.append(request)
        listing = self._listing(request)
        if listing is not None:
            await connection.play(listing)
            return
        script = self._queue.pop(0) if self._queue else self._standing
        exchange = Exchange(request)
        self.exchanges.append(exchange)
        reply = script if isinstance(script, Reply) else script(request) if script else _UNSCRIPTED
        await connection.play(reply, exchange)

    def _raise_failure(self) -> None:
        for connection in self.connections:
            if connection.failure is not None:
                raise connection.failure

    def _listing(self, request: Received) -> Reply | None:
        match request.method, request.path.rpartition("/api/")[2]:
            case "GET", "tags":
                return self._tags()
            case "GET", "ps":
                return ollama_answers.models(*self.running)
            case "POST", "show":
                unknown = ollama_answers.error(404, "model not found")
                return self.shown.get(request.json()["model"], unknown)
            case "GET", path if path.endswith("/models"):
                ends = (end for end in self.lists if path.endswith(end))
                longest = max(ends, key=len, default="")
                return self.lists[longest] if longest else self._list_of_models()
            case _:
                return None

    def _tags(self) -> Reply:
        if self.tags is None:
            return ollama_answers.error(500, "no list")
        return ollama_answers.models(
            *(ollama_answers.tag(entry) if isinstance(entry, str) else entry for entry in self.tags)
        )

    def _list_of_models(self) -> Reply:
        return error(404, "Not Found") if self.models is None else models(*self.models)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self), "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        if self._server is not None:
            self._server.close()
        for connection in self.connections:
            connection.drop()
        await until(lambda: not self.open_connections)
        self._raise_failure()


_UNSCRIPTED = error(500, "nothing is scripted for this request")
