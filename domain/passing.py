"""Requests that this server does not read, and the upstream that gets them.

Images, sounds, moderations: whatever an upstream of OpenAI's kind has below `/v1`. The model
decides who gets one, and where there is none, or it is in no list, the default backend does.
"""

from __future__ import annotations

from domain.names import LONGEST, canonical, matches
from domain.permission import require
from domain.relay import AdmittedRelay, native
from domain.routing import Router
from domain.target import Target
from ports.backend import Backend
from ports.caller import Caller
from ports.errors import CapabilityMissing, InvalidRequest, ModelNotFound, NotAllowed
from ports.models import ModelInfo
from ports.observer import NOBODY, Observer, Why
from ports.raw import OPENAI, Dialect


class PassOn:
    """Finds who gets a request. `default_backend` is the name of one, or empty."""

    def __init__(
        self, router: Router, *, default_backend: str = "", observer: Observer = NOBODY
    ) -> None:
        self._router = router
        self._default = next((it for it in router.backends if it.name == default_backend), None)
        self._observer = observer

    async def admit(
        self,
        model: str,
        caller: Caller,
        *,
        dialects: tuple[Dialect, ...] = (OPENAI,),
        others: bool = False,
    ) -> AdmittedRelay:
        """Find the upstream for a model, which is empty where the request names none.

        It must speak one of the `dialects`. `others` as for `domain.relay.Relay`: whoever is kept
        to some models may not name more. Raises `ModelNotFound`, `NotAllowed`, `InvalidRequest`,
        `CapabilityMissing` if the model's backend takes no such requests, or the `BackendError` of
        a backend whose models are not known.
        """
        if caller.models and not model:
            raise NotAllowed("this key may use some models only, and the request names none")
        target = await self._target(model) if model else self._unnamed()
        if model:
            require(caller, target, model)
        spoken = (native(target.backend, dialect) for dialect in dialects)
        raw = next((it for it in spoken if it is not None), None)
        if raw is None:
            lacking = f"requests of this kind: `native` of its backend has no {dialects[0]}"
            raise CapabilityMissing(model or target.backend.name, lacking)
        if others and (caller.models or target.backend.models):
            raise NotAllowed("the request may name further models, which are not looked into")
        return AdmittedRelay(asked=model, target=target, backend=raw, observer=self._observer)

    async def _target(self, model: str) -> Target:
        try:
            return await self._router.resolve(model)
        except ModelNotFound:
            backend, name = self._meant(model)
            if backend is None or not 0 < len(name) <= LONGEST:
                raise
            if not matches(backend.models, name):
                raise
            if await self._is_alias(model):
                raise  # what it stands for is not there
            why = Why.DEFAULT if name == model else Why.UNLISTED
            return Target(name=model, backend=backend, model=ModelInfo(id=name), why=why)

    def _meant(self, model: str) -> tuple[Backend | None, str]:
        """Return who gets a model that is in no list, and its name there.

        Whoever writes a backend's name in front means no other one.
        """
        prefix, slash, name = model.partition("/")
        for backend in self._router.backends if slash else ():
            if backend.name.casefold() == prefix.casefold():
                return backend, name
        return self._default, model

    async def _is_alias(self, name: str) -> bool:
        folded = canonical(name).casefold()
        dangling = (await self._router.index()).dangling
        return any(canonical(alias.name).casefold() == folded for alias in dangling)

    def _unnamed(self) -> Target:
        if self._default is None:
            raise InvalidRequest(
                "the request names no model, and there is no default backend "
                "(routing.default_backend)"
            )
        return Target(name="", backend=self._default, model=ModelInfo(id=""), why=Why.DEFAULT)
