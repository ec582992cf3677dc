"""What names stand for where models are managed, and who may give a new model which name."""

from __future__ import annotations

from domain.forwarding import require_new
from domain.names import canonical, matches, plain
from domain.permission import require, require_name
from domain.routing import Router
from domain.target import Target
from ports.backend import Backend
from ports.caller import Caller
from ports.errors import InvalidRequest, ModelNotFound, NotAllowed
from ports.library import MadeModel, ModelStore


class Naming:
    """Reads names, and says who may give which to a new model.

    | the name                    | of a model made here         | of a model that a backend makes |
    |-----------------------------|------------------------------|---------------------------------|
    | of a configured alias       | nobody                       | nobody                          |
    | that begins with a backend's| nobody                       | whoever has that backend make it|
    | of a model made here        | who may use that: it is replaced | nobody                      |
    | of another backend's model  | nobody                       | nobody                          |
    | of any other model          | who may use that             | who may use that                |

    Besides, the key must allow the new name, and `models` of the backend what that makes.
    `require_here` is the first column, `require_there` the second.
    """

    def __init__(self, router: Router, store: ModelStore) -> None:
        self._router = router
        self._store = store

    async def require_here(self, name: str, base: Target, caller: Caller) -> None:
        """Raise `NotAllowed` unless a model over `base` may be made here under this name."""
        self.refuse_configured(name)
        if (owner := self.split(name)[0]) is not None:
            raise _of_a_backend(owner)
        if (before := self.made(name)) is not None:
            require_made(caller, before)
        await self._require_free(name, base.backend, caller)
        require_name(caller, canonical(name))

    async def require_there(self, name: str, backend: Backend, caller: Caller) -> str:
        """Return the id of a new model at a backend. Raises `NotAllowed` unless it may be made."""
        self.refuse_configured(name)
        if self.made(name) is not None:
            raise NotAllowed(f"'{name}' is a model made here: delete it first")
        owner, model = self.split(name)
        if owner is not None and owner is not backend:
            raise _of_a_backend(owner)
        require_new(caller, backend, model)
        await self._require_free(name, backend, caller)
        return model

    def split(self, name: str) -> tuple[Backend | None, str]:
        """Return the backend that a name begins with, if any, and the plain name behind it."""
        prefix, slash, rest = name.strip().partition("/")
        wanted = prefix.casefold()
        for backend in self._router.backends:
            if slash and backend.name.casefold() == wanted:
                return backend, plain(rest)
        return None, plain(name)

    def spelled(self, name: str, complaint: str) -> str:
        """Return the plain spelling of a new name. Raises `InvalidRequest` if it is none."""
        if not self.split(name)[1]:
            raise InvalidRequest(complaint)
        return self._plainly(name)

    async def listed(self, name: str) -> Target | None:
        """Find a model that is listed, under the plain spelling of its name too."""
        index = await self._router.index()
        return index.find_listed(name) or index.find_listed(self._plainly(name))

    async def find(self, name: str) -> Target:
        """Find a listed model: what `any_model` would let pass cannot be managed."""
        target = await self.listed(name)
        if target is None:
            for failure in (await self._router.failures()).values():
                raise failure.with_traceback(None)
            raise ModelNotFound(name)
        return target

    def made(self, name: str) -> MadeModel | None:
        """Find a model that a client made, whether or not its target is there."""
        wanted = folded(name)
        return next((it for it in self._store.models() if it.name.casefold() == wanted), None)

    def is_configured(self, name: str) -> bool:
        """Tell whether it is the name of an alias of the configuration."""
        wanted = folded(name)
        return any(folded(alias.name) == wanted for alias in self._router.configured)

    def refuse_configured(self, name: str) -> None:
        """Raise `NotAllowed` for such a name: no client changes what the operator has written."""
        if self.is_configured(name):
            raise NotAllowed(f"'{name}' is defined in the configuration")

    def _plainly(self, name: str) -> str:
        owner, model = self.split(name)
        return model if owner is None else f"{owner.name}/{model}"

    async def _require_free(self, name: str, backend: Backend, caller: Caller) -> None:
        """Raise `NotAllowed` if a name leads to another backend's model, or to one not allowed."""
        standing = await self.listed(name)
        if standing is None:
            return
        require(caller, standing, name)
        if standing.alias is None and standing.backend is not backend:
            raise NotAllowed(f"'{name}' is a model of backend '{standing.backend.name}'")


def require_made(caller: Caller, made: MadeModel) -> None:
    """Raise `NotAllowed` unless the caller may use a made model, whose target may be gone."""
    if caller.models and not matches(caller.models, made.name, made.target):
        raise NotAllowed(f"this key may not use model '{made.name}'")


def is_name_of(target: Target, name: str) -> bool:
    """Tell whether this is the model's own name, and not only a part of it."""
    own = {folded(target.name)}
    if target.alias is None:
        own.add(folded(target.qualified))
    return folded(name) in own


def folded(name: str) -> str:
    """Return the form of a name in which two that are one are the same."""
    return canonical(name.strip()).casefold()


def _of_a_backend(owner: Backend) -> NotAllowed:
    return NotAllowed(f"names that begin with '{owner.name}/' belong to that backend")
