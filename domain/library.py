"""Managing models: what is done here, what an upstream does, and what nobody can.

An upstream that speaks Ollama's dialect manages its own models. Over every other model only
another name with options, texts and a conversation can be made, which is kept here
(docs/wire/ollama-api.md 1.1, 2.8).
"""

from __future__ import annotations

from msgspec.structs import replace

from domain.forwarding import Forward, require_new, to_any, to_owner
from domain.names import matches
from domain.naming import Naming, is_name_of, require_made
from domain.permission import require
from domain.recipes import Recipe, make
from domain.routing import Router
from domain.target import Target
from ports.caller import Caller
from ports.clock import Clock
from ports.errors import ModelNotFound, NotAllowed, NotSupported
from ports.library import ModelStore


class Library:
    """Makes, copies, deletes, fetches and publishes models.

    A model is made by the backend that has the weights it is made of, or is to fetch them. Over
    one whose backend manages none, and over an alias that is more than a name, it is made here.
    Who may give it which name says `domain.naming.Naming`.

    Each method either does its work here and returns `None`, or returns to whom the request
    is to be forwarded. All raise `NotAllowed`, `ModelNotFound`, `NotSupported`, and the
    `BackendError` of a backend whose models are not known where "not found" would be a guess;
    those that name something new `InvalidRequest` for what is no name.
    """

    def __init__(self, router: Router, store: ModelStore, clock: Clock) -> None:
        self._router = router
        self._store = store
        self._clock = clock
        self._naming = Naming(router, store)

    async def pull(self, name: str, caller: Caller) -> Forward | None:
        """Fetch a model; one that is here already, without weights of its own, is fetched."""
        target = await self._naming.listed(name)
        if target is not None:
            require(caller, target, name)
            return self._telling_others(to_owner(target))
        if self._naming.is_configured(name) or self._naming.made(name) is not None:
            raise ModelNotFound(name)  # its target is not there, and would still not be
        forward = self._to_new(name)
        if forward is None:
            require(caller, await self._router.resolve(name), name)
            return None
        require_new(caller, forward.backend, forward.model)
        return self._telling_others(forward)

    async def push(self, name: str, caller: Caller) -> Forward:
        """Publish a model."""
        if to_any(self._router.backends) is None:
            raise NotSupported("push is not supported by this gateway")
        target = await self._naming.find(name)
        require(caller, target, name)
        forward = to_owner(target)
        if forward is None:
            raise NotSupported("push is not supported by this gateway: there are no weights")
        return forward

    async def delete(self, name: str, caller: Caller) -> Forward | None:
        """Delete a model that a client made, or one of an upstream that can."""
        self._naming.refuse_configured(name)
        made = self._naming.made(name)
        if made is not None:
            require_made(caller, made)
            await self._store.remove(made.name)
            return None
        target = await self._naming.find(name)
        if not is_name_of(target, name):
            raise ModelNotFound(name)
        require(caller, target, name)
        forward = self._telling_others(to_owner(target))
        if forward is None:
            raise NotAllowed(
                f"'{name}' is a model of backend '{target.backend.name}', which keeps it"
            )
        return forward

    async def copy(self, source: str, destination: str, caller: Caller) -> Forward | None:
        """Give a model another name."""
        target = await self._naming.find(source)
        require(caller, target, source)
        if is_name_of(target, destination):
            return None
        name = self._naming.spelled(destination, f'destination "{destination}" is invalid')
        return await self._make(Recipe(name=name, source=source), target, caller)

    async def create(self, recipe: Recipe, caller: Caller) -> Forward | None:
        """Make a model. Raises `InvalidRequest` too, see `domain.recipes.make`.

        `ModelNotFound` is about the recipe's `source`.
        """
        recipe = replace(recipe, name=self._naming.spelled(recipe.name, "invalid model name"))
        base = await self._base(recipe, caller)
        if recipe.uploads or recipe.rebuilds:
            return await self._made_there(self._with_weights(recipe, base), recipe.name, caller)
        if base is not None:
            return await self._make(recipe, base, caller)
        forward = self._to_new(recipe.source)
        if forward is None:
            raise ModelNotFound(recipe.source)
        require_new(caller, forward.backend, forward.model)
        return await self._made_there(forward, recipe.name, caller)

    def uploads(self) -> Forward | None:
        """Return where the files of models are kept, `None` if nowhere."""
        return to_any(self._router.backends)

    async def _base(self, recipe: Recipe, caller: Caller) -> Target | None:
        """Find what a model is made from; `None` if nothing, or something still to be fetched."""
        if not recipe.source:
            return None
        target = await self._naming.listed(recipe.source)
        if target is None:
            if self._to_new(recipe.source) is not None:
                return None
            target = await self._router.resolve(recipe.source)
        require(caller, target, recipe.source)
        return target

    async def _make(self, recipe: Recipe, base: Target, caller: Caller) -> Forward | None:
        """Make a model that needs no weights of its own; one that was made here stays here."""
        forward = None if base.alias is not None and base.alias.made else to_owner(base)
        if forward is not None and self._naming.made(recipe.name) is None:
            return await self._made_there(forward, recipe.name, caller)
        await self._naming.require_here(recipe.name, base, caller)
        await self._store.put(make(recipe, base, self._clock.time_ns()))
        return None

    async def _made_there(self, forward: Forward, name: str, caller: Caller) -> Forward:
        """Forward what is made from the forward's model, under a new name."""
        model = await self._naming.require_there(name, forward.backend, caller)
        return replace(forward, source=forward.model, model=model, store=self._store)

    def _with_weights(self, recipe: Recipe, base: Target | None) -> Forward:
        """Find who has the weights that are needed: in the base, or in the uploads."""
        uploaded = self.uploads()
        forward = uploaded
        if base is not None:
            forward = to_owner(base)
        elif recipe.source:
            forward = self._to_new(recipe.source)
        apart = recipe.uploads and uploaded and forward and forward.backend is not uploaded.backend
        if forward is None or apart:
            raise NotSupported(
                "models are made from files, adapters or by quantizing only where an Ollama "
                "server is the backend"
            )
        return forward

    def _to_new(self, name: str) -> Forward | None:
        """Find the upstream that can fetch a model that nobody has yet."""
        owner, model = self._naming.split(name)
        if not model:
            return None
        offering = [it for it in self._router.backends if matches(it.models, model)]
        forward = to_any(offering if owner is None else (owner,))
        return None if forward is None else replace(forward, model=model)

    def _telling_others(self, forward: Forward | None) -> Forward | None:
        """Have the other workers told when it is done."""
        return None if forward is None else replace(forward, store=self._store)
