"""Files of models, on their way to an Ollama server (docs/wire/ollama-api.md 2.8)."""

from __future__ import annotations

from dishka import FromDishka
from litestar import Controller, HttpMethod, post, route
from litestar.types import ASGIApp

from adapters.dialects.controlling.asking import AnyRequest
from adapters.dialects.controlling.injection import inject
from adapters.dialects.ollama.controllers.answering import JSON
from adapters.dialects.ollama.controllers.forwarding import forward_quietly
from adapters.dialects.ollama.library.requests import require_digest
from adapters.dialects.replies.batches import Reply, read_pieces
from domain.library import Library
from ports.errors import BackendRejected, ModelNotFound, NotSupported
from ports.raw import OLLAMA, RawRequest


class BlobsController(Controller):
    """Passes files on; none is ever held here."""

    @route("/api/blobs/{digest:str}", http_method=[HttpMethod.HEAD])
    @inject
    async def find(self, request: AnyRequest, library: FromDishka[Library]) -> ASGIApp:
        """Tell whether a file is there."""
        path = _path(request)
        plan = library.uploads()
        if plan is not None:
            try:
                sent = RawRequest(dialect=OLLAMA, path=path, method="HEAD")
                return await forward_quietly(plan, sent)
            except (ModelNotFound, BackendRejected):
                pass
        return Reply(b"", JSON, 404)

    @post("/api/blobs/{digest:str}", status_code=200)
    @inject
    async def upload(self, request: AnyRequest, library: FromDishka[Library]) -> ASGIApp:
        """Take a file."""
        path = _path(request)
        plan = library.uploads()
        if plan is None:
            raise NotSupported(
                "files of models are taken only where an Ollama server is the backend"
            )
        sent = RawRequest(
            dialect=OLLAMA,
            path=path,
            body=read_pieces(request.receive),
            content_type="application/octet-stream",
        )
        return await forward_quietly(plan, sent)


def _path(request: AnyRequest) -> str:
    return f"/api/blobs/{require_digest(request.path_params['digest'])}"
