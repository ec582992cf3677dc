"""Managing models: what is done here, what an upstream does, and what nobody can.

An upstream that speaks Ollama's dialect manages its own models. Over every other model only
another name with options, texts and a conversation can be made, which is kept here
(docs/wire/ollama-api.md 1.1, 2.8).
"""

from __future__ import annotations

from msgspec.structs import replace

from domain.forwarding import Forward, require_new, to_any, to_owner
from domain.names import canonical, matches, plain
from domain.permission import require, require_name
from domain.recipes import Recipe, make
from domain.routing import Router
from domain.target import Target
from ports.backend import Backend
from ports.caller import Caller
from ports.clock import Clock
from ports.errors import InvalidRequest, ModelNotFound, NotAllowed, NotSupported
from ports.library import MadeModel, ModelStore


class Library:
    """Makes, copies, deletes, fetches and publishes models.

    Each method either does its work here and returns `None`, or returns to whom the request
    is to be forwarded. All raise `NotAllowed`, `ModelNotFound`, `NotSupported`, and the
    `BackendError` of a backend whose models are not known where "not found" would be a guess;
    those that name something new `InvalidRequest` for what is no name.
    """

    def __init__(self, router: Router, store: ModelStore, clock: Clock) -> None:
        self._router = router
        self._store = store
        self._clock = clock

    async def pull(self, name: str, caller: Caller) -> Forward | None:
        """Fetch a model; one that is here already, without weights of its own, is fetched."""
        target = await self._listed(name)
        if target is not None:
            require(caller, target, name)
            return self._told(to_owner(target))
        if self._is_configured(name) or self._made(name) is not None:
            raise ModelNotFound(name)  # its target is not there, and would still not be
        forward = self._to_new(name)
        if forward is None:
            require(caller, await self._router.resolve(name), name)
            return None
        require_new(caller, forward.backend, forward.model)
        return self._told(forward)

    async def push(self, name: str, caller: Caller) -> Forward:
        """Publish a model."""
        if to_any(self._router.backends) is None:
            raise NotSupported("push is not supported by this gateway")
        target = await self._find(name)
        require(caller, target, name)
        forward = to_owner(target)
        if forward is None:
            raise NotSupported("push is not supported by this gateway: there are no weights")
        return forward

    async def delete(self, name: str, caller: Caller) -> Forward | None:
        """Delete a model that a client made, or one of an upstream that can."""
        self._refuse_configured(name)
        made = self._made(name)
        if made is not None:
            _require_made(caller, made)
            await self._store.remove(made.name)
            return None
        target = await self._find(name)
        if not _is_name_of(target, name):
            raise ModelNotFound(name)
        require(caller, target, name)
        forward = self._told(to_owner(target))
        if forward is None:
            raise NotAllowed(
                f"'{name}' is a model of backend '{target.backend.name}', which keeps it"
            )
        return forward

    async def copy(self, source: str, destination: str, caller: Caller) -> Forward | None:
        """Give a model another name."""
        target = await self._find(source)
        require(caller, target, source)
        if _is_name_of(target, destination):
            return None
        name = self._spelled(destination, f'destination "{destination}" is invalid')
        return await self._make(Recipe(name=name, source=source), target, caller)

    async def create(self, recipe: Recipe, caller: Caller) -> Forward | None:
        """Make a model. Raises `InvalidRequest` too, see `domain.recipes.make`.

        `ModelNotFound` is about the recipe's `source`.
        """
        recipe = replace(recipe, name=self._spelled(recipe.name, "invalid model name"))
        target = await self._base(recipe, caller)
        if recipe.uploads or recipe.rebuilds:
            return await self._rebuild(recipe, target, caller)
        if target is not None:
            return await self._make(recipe, target, caller)
        # The upstream fetches what it is made from.
        forward = self._to_new(recipe.source)
        if forward is None:
            raise ModelNotFound(recipe.source)
        require_new(caller, forward.backend, forward.model)
        return await self._named(replace(forward, source=forward.model), recipe.name, caller)

    def uploads(self) -> Forward | None:
        """Return where the files of models are kept, `None` if nowhere."""
        return to_any(self._router.backends)

    async def _base(self, recipe: Recipe, caller: Caller) -> Target | None:
        """Find what a model is made from; `None` if nothing, or something still to be fetched."""
        if not recipe.source:
            return None
        target = await self._listed(recipe.source)
        if target is None:
            if self._to_new(recipe.source) is not None:
                return None
            target = await self._router.resolve(recipe.source)
        require(caller, target, recipe.source)
        return target

    async def _make(self, recipe: Recipe, target: Target, caller: Caller) -> Forward | None:
        forward = None if target.alias is not None and target.alias.made else to_owner(target)
        if forward is not None and self._made(recipe.name) is None:
            return await self._named(replace(forward, source=forward.model), recipe.name, caller)
        self._refuse_configured(recipe.name)
        if (owner := self._split(recipe.name)[0]) is not None:
            raise NotAllowed(f"names that begin with '{owner.name}/' belong to that backend")
        if (before := self._made(recipe.name)) is not None:
            _require_made(caller, before)
        await self._require_free(recipe.name, target.backend, caller)
        made = make(recipe, target, self._clock.time_ns())
        require_name(caller, made.name)
        await self._store.put(made)
        return None

    async def _rebuild(self, recipe: Recipe, target: Target | None, caller: Caller) -> Forward:
        """Forward what needs weights: to where they are, or where the uploads went."""
        uploaded = self.uploads()
        forward = uploaded
        if target is not None:
            forward = to_owner(target)
        elif recipe.source:
            forward = self._to_new(recipe.source)
        apart = recipe.uploads and uploaded and forward and forward.backend is not uploaded.backend
        if forward is None or apart:
            raise NotSupported(
                "models are made from files, adapters or by quantizing only where an Ollama "
                "server is the backend"
            )
        return await self._named(replace(forward, source=forward.model), recipe.name, caller)

    def _told(self, forward: Forward | None) -> Forward | None:
        """Have the other workers told when it is done."""
        return None if forward is None else replace(forward, store=self._store)

    async def _named(self, forward: Forward, name: str, caller: Caller) -> Forward:
        """Name the new model as its backend will."""
        self._refuse_configured(name)
        if self._made(name) is not None:
            raise NotAllowed(f"'{name}' is a model made here: delete it first")
        owner, model = self._split(name)
        if owner is not None and owner is not forward.backend:
            raise NotAllowed(f"names that begin with '{owner.name}/' belong to that backend")
        require_new(caller, forward.backend, model)
        await self._require_free(name, forward.backend, caller)
        return replace(forward, model=model, store=self._store)

    async def _require_free(self, name: str, backend: Backend, caller: Caller) -> None:
        """Raise `NotAllowed` if a name leads to another backend's model, or to one not allowed."""
        standing = await self._listed(name)
        if standing is None:
            return
        require(caller, standing, name)
        if standing.alias is None and standing.backend is not backend:
            raise NotAllowed(f"'{name}' is a model of backend '{standing.backend.name}'")

    def _to_new(self, name: str) -> Forward | None:
        """Find the upstream that can fetch a model that nobody has yet."""
        owner, model = self._split(name)
        if not model:
            return None
        offering = [it for it in self._router.backends if matches(it.models, model)]
        forward = to_any(offering if owner is None else (owner,))
        return None if forward is None else replace(forward, model=model)

    def _split(self, name: str) -> tuple[Backend | None, str]:
        """Return the backend that a name begins with, if any, and the plain name behind it."""
        prefix, slash, rest = name.strip().partition("/")
        wanted = prefix.casefold()
        for backend in self._router.backends:
            if slash and backend.name.casefold() == wanted:
                return backend, plain(rest)
        return None, plain(name)

    def _spelled(self, name: str, complaint: str) -> str:
        """Return the plain spelling of a new name. Raises `InvalidRequest` if it is none."""
        owner, model = self._split(name)
        if not model:
            raise InvalidRequest(complaint)
        return model if owner is None else f"{owner.name}/{model}"

    async def _listed(self, name: str) -> Target | None:
        """Find a model that is listed, under the plain spelling of its name too."""
        index = await self._router.index()
        owner, model = self._split(name)
        spelled = model if owner is None else f"{owner.name}/{model}"
        return index.find_listed(name) or index.find_listed(spelled)

    async def _find(self, name: str) -> Target:
        """Find a listed model: what `any_model` would let pass cannot be managed."""
        target = await self._listed(name)
        if target is None:
            for failure in (await self._router.failures()).values():
                raise failure.with_traceback(None)
            raise ModelNotFound(name)
        return target

    def _made(self, name: str) -> MadeModel | None:
        wanted = _folded(name)
        return next((it for it in self._store.models() if it.name.casefold() == wanted), None)

    def _is_configured(self, name: str) -> bool:
        wanted = _folded(name)
        return any(_folded(alias.name) == wanted for alias in self._router.configured)

    def _refuse_configured(self, name: str) -> None:
        if self._is_configured(name):
            raise NotAllowed(f"'{name}' is defined in the configuration")


def _require_made(caller: Caller, made: MadeModel) -> None:
    """Raise `NotAllowed` unless the caller may use a made model, whose target may be gone."""
    if caller.models and not matches(caller.models, made.name, made.target):
        raise NotAllowed(f"this key may not use model '{made.name}'")


def _is_name_of(target: Target, name: str) -> bool:
    """Tell whether this is the model's own name, and not only a part of it."""
    own = {_folded(target.name)}
    if target.alias is None:
        own.add(_folded(target.qualified))
    return _folded(name) in own


def _folded(name: str) -> str:
    return canonical(name.strip()).casefold()
