"""One upstream over HTTP: prepared requests, bounded waits, errors in our own words.

Everything that does not change from request to request is prepared once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

import httpx
from msgspec.structs import replace

from adapters.backends.answer import Answer, Opening, Pieces, Refusal
from adapters.backends.patience import Timeouts
from adapters.backends.refusals import headers_of_refusal, is_presentable, is_refusal
from adapters.backends.retry_after import wanted_wait
from ports.client_key import CLIENT_KEY
from ports.clock import Clock
from ports.errors import (
    MODEL_NOT_FOUND,
    BackendError,
    BackendProtocolError,
    BackendRefusal,
    InvalidRequest,
)
from ports.raw import Headers

MAX_ERROR = 64 * 1024
"""Bytes of an error answer that are looked at."""

ERROR_SECONDS = 2.0
"""How long the body of an error answer is waited for: its status says the most."""

SHORTEST_SECRET = 6
"""Letters below which hiding a text everywhere would hide more than a secret."""

MAX_PREPARED = 64
"""Addresses that are remembered: relayed paths must not fill the memory."""

_AUTHORIZATION = "authorization"
CLIENT_KEYS: Final = (_AUTHORIZATION, "x-api-key")
"""Headers in which a key may be sent."""

NOT_MODIFIED = 304
"""The status of an answer to a condition, and the only one below 400 that is none of success."""

JSON = "application/json"
ANY = "*/*"


class ErrorDecoder(Protocol):
    """Reads error answers in the upstream's dialect."""

    def __call__(
        self, status: int, body: bytes, retry_after: float | None, *, key_forwarded: bool
    ) -> BackendError:
        """Return what an answer means; `retry_after` is the wanted wait in seconds.

        `key_forwarded` says that the key was the client's own, so that a 401 is its business.
        """


class Upstream:
    """Sends requests below one base URL with the same headers.

    `secrets` are what must never come back in an error's text: upstreams like to quote the
    key that they refuse. `client_key_in` are the headers in which a client's own key goes, if
    it has one, instead of the configured one; none where it is not handed on.
    """

    def __init__(  # noqa: PLR0913 - all but one by keyword
        self,
        transport: httpx.AsyncBaseTransport,
        *,
        base_url: str,
        headers: Mapping[str, str],
        timeouts: Timeouts,
        decode_error: ErrorDecoder,
        clock: Clock,
        secrets: Iterable[str] = (),
        client_key_in: tuple[str, ...] = (),
    ) -> None:
        self._transport = transport
        self._base = base_url.rstrip("/")
        self._headers = httpx.Headers({"host": httpx.URL(base_url).netloc.decode(), **headers})
        self._timeouts = timeouts
        self._decode_error = decode_error
        self._clock = clock
        self._secrets = tuple(secret for secret in secrets if len(secret) >= SHORTEST_SECRET)
        self._client_key_in = client_key_in
        self._extensions = {"timeout": {"connect": timeouts.connect or None}}
        self._prepared: dict[tuple[str, str, str, Headers], tuple[httpx.URL, httpx.Headers]] = {}

    async def get(self, path: str, *, within: float) -> bytes:
        """Fetch a small document, all of it within so many seconds."""
        timeouts = self._all_within(within)
        async with self._open("GET", path, b"", JSON, timeouts) as answer:
            return await answer.read_all()

    async def post(self, path: str, body: bytes, *, within: float | None = None) -> bytes:
        """Send a JSON body and read the whole answer; `within` as for `get`."""
        timeouts = self._timeouts if within is None else self._all_within(within)
        async with self._open("POST", path, body, JSON, timeouts) as answer:
            answer.patience.started()
            return await answer.read_all()

    def open(self, path: str, body: bytes, *, accept: str) -> AbstractAsyncContextManager[Answer]:
        """Send a JSON body and hand over the answer while it comes.

        Entering waits for the head and raises what a refusal means; leaving closes the
        connection unless the answer was read to its end.
        """
        return self._open("POST", path, body, accept, self._timeouts)

    def open_raw(  # noqa: PLR0913 - all but three by keyword
        self,
        method: str,
        path: str,
        body: bytes | AsyncIterator[bytes],
        *,
        content_type: str,
        query: str = "",
        length: int | None = None,
        headers: Headers = (),
        unread: bool = False,
    ) -> AbstractAsyncContextManager[Answer]:
        """Do the same with any method and any body.

        A body that comes in pieces may take as long as it takes: `first_byte` counts from its end.
        What its iterator raises from our own tree comes out as it is. `headers` are added
        where there is none of the name. A request that is `unread` is refused in the upstream's
        own words (`ports.errors.BackendRefusal`).
        """
        if query:
            path = f"{path}?{query}"
        refusal = self._unread_refusal if unread else None
        patient = self._timeouts
        if isinstance(body, bytes):
            return self._open(method, path, body, ANY, patient, content_type, headers, refusal)
        timeouts = replace(patient, first_byte=0.0)
        if length is not None:
            headers = (*headers, ("content-length", str(length)))
        pieces = Pieces(body, first_byte=patient.first_byte, idle=patient.idle)
        return self._open(method, path, pieces, ANY, timeouts, content_type, headers, refusal)

    def conceal(self, error: BackendError) -> BackendError:
        """Take our own secrets out of what an upstream said, and return the same error."""
        error.message = self.concealed(error.message)
        error.upstream_code = error.upstream_code and self.concealed(error.upstream_code)
        error.args = (error.message,)
        return error

    def concealed(self, text: str) -> str:
        """Return a text of the upstream's without our own secrets."""
        for secret in (*self._secrets, self._client_key()):
            if len(secret) >= SHORTEST_SECRET:
                text = _without(secret, text)
        return text

    def _client_key(self) -> str:
        return CLIENT_KEY.get() if self._client_key_in else ""

    def _all_within(self, seconds: float) -> Timeouts:
        return Timeouts(connect=self._timeouts.connect, first_byte=0, idle=0, total=seconds)

    def _open(  # noqa: PLR0913, PLR0917 - one private place where a request is made
        self,
        method: str,
        path: str,
        body: bytes | Pieces,
        accept: str,
        timeouts: Timeouts,
        content_type: str = JSON,
        more: Headers = (),
        refusal: Refusal | None = None,
    ) -> Opening:
        url, headers = self._prepare(path, accept, content_type, more)
        if key := self._client_key():
            headers = self._keyed(headers, key)
        # Given a stream, httpx adds no headers of its own; the length is the transport's business.
        request = httpx.Request(
            method,
            url,
            headers=headers,
            stream=httpx.ByteStream(body) if isinstance(body, bytes) else body,
            extensions=self._extensions,
        )
        return Opening(self._transport, request, timeouts, refusal or self._refusal)

    def _keyed(self, headers: httpx.Headers, key: str) -> httpx.Headers:
        """Put a client's key in the place of the configured one, wherever that may stand."""
        headers = headers.copy()
        for name in self._client_key_in:
            if name == _AUTHORIZATION:
                headers[name] = f"Bearer {key}"
            elif name in headers:
                headers[name] = key
        return headers

    def _prepare(
        self, path: str, accept: str, content_type: str, more: Headers
    ) -> tuple[httpx.URL, httpx.Headers]:
        key = (path, accept, content_type, more)
        found = self._prepared.get(key)
        if found is None:
            headers = self._headers.copy()
            headers["accept"] = dict(more).get("accept", accept)
            if content_type:
                headers["content-type"] = content_type
            for name, value in more:
                headers.setdefault(name, value)
            found = (self._at(path), headers)
            if len(self._prepared) >= MAX_PREPARED:
                self._prepared.clear()
            self._prepared[key] = found
        return found

    def _at(self, path: str) -> httpx.URL:
        try:
            return httpx.URL(f"{self._base}/{path}")
        except httpx.InvalidURL as error:
            # Nothing else can be wrong with it: clients' paths and queries come here escaped.
            raise InvalidRequest("the address is too long for the backend") from error

    async def _refusal(self, response: httpx.Response, answer: Answer) -> BackendError:
        if response.is_redirect:
            return BackendProtocolError("the upstream redirects; check the base URL")
        body, _ = await answer.read_some(MAX_ERROR, ERROR_SECONDS)
        return self._meaning(response, body)

    async def _unread_refusal(
        self, response: httpx.Response, answer: Answer
    ) -> BackendError | None:
        status = response.status_code
        if status == NOT_MODIFIED:
            return None
        if not is_refusal(status, key_forwarded=bool(self._client_key())):
            return await self._refusal(response, answer)
        body, whole = await answer.read_some(MAX_ERROR, ERROR_SECONDS)
        error = self._meaning(response, body)
        return BackendRefusal(
            error.message,
            status=status,
            upstream_code=MODEL_NOT_FOUND if error.upstream_code == MODEL_NOT_FOUND else None,
            body=body if whole and is_presentable(body, self.concealed) else b"",
            headers=headers_of_refusal(answer.header, self.concealed),
        )

    def _meaning(self, response: httpx.Response, body: bytes) -> BackendError:
        wait = wanted_wait(response.headers, self._clock.time_ns() / 1e9)
        forwarded = bool(self._client_key())
        error = self._decode_error(response.status_code, body, wait, key_forwarded=forwarded)
        return self.conceal(error)


def _without(secret: str, text: str) -> str:
    text = text.replace(secret, "***")
    # The codec has cut long messages, and the cut may go through the secret.
    cut = text.removesuffix("…")
    for size in range(len(secret) - 1, SHORTEST_SECRET - 1, -1):
        if cut != text and cut.endswith(secret[:size]):
            return cut[:-size] + "***…"
    return text
