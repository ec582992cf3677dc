"""What models there are, and what is known of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from domain.exchange import Opened
from domain.forwarding import whole
from domain.permission import may_use, require
from domain.relay import native
from domain.routing import Router
from domain.target import Target
from ports.caller import Caller
from ports.raw import RawRequest


class ListModels:
    """Everything a caller may use: aliases first, then every allowed model once."""

    def __init__(self, router: Router) -> None:
        self._router = router

    async def list(self, caller: Caller) -> Sequence[Target]:
        """List the targets in order. A backend that cannot say what it has adds nothing."""
        index = await self._router.index()
        return [target for target in index.targets if may_use(caller, target)]


class Told(Struct, frozen=True, kw_only=True):
    """What an upstream says of its model; `conceal` as in `ports.raw.RawReply`."""

    body: bytes
    conceal: Callable[[str], str]


class ShowModel:
    """One model by the name a client knows it by."""

    def __init__(self, router: Router) -> None:
        self._router = router

    async def show(self, name: str, caller: Caller) -> Target:
        """Find the model. Raises `ModelNotFound`, `NotAllowed` or a `BackendError`."""
        target = await self._router.resolve(name)
        require(caller, target, name)
        return target

    async def ask(self, target: Target, request: RawRequest, asked: str) -> Told | None:
        """Ask the upstream itself, if it speaks the dialect of the request.

        `asked` is the model as the client named it. Raises what
        `ports.raw.RawBackend.open_raw` raises.
        """
        raw = native(target.backend, request.dialect)
        if raw is None:
            return None
        async with Opened(raw.open_raw(request), asked) as reply:
            return Told(body=await whole(reply), conceal=reply.conceal)
