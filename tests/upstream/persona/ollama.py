"""The model behind a native Ollama server (docs/wire/ollama-api.md).

What it tells of its models is what the real server told when it was recorded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.upstream.persona.behaviour import embed
from tests.upstream.persona.catalog import MODELS, Described, recorded
from tests.upstream.persona.ollama_answers import answered, embedded, lines, loaded, reply
from tests.upstream.script import Reply
from tests.upstream.wire import Received

NOTHING = Reply(headers=())
SHOWN = (
    *("license", "modelfile", "parameters", "template", "system", "renderer", "parser"),
    *("details", "messages", "model_info", "tensors", "capabilities", "modified_at", "requires"),
)
"""The keys of show, in the order in which they are written."""
FOREVER = "2319-03-02T09:41:25.514767228-05:00"
DIGEST = "sha256:5a946b3677addff638b1ca203e39b2640a6535268cfd3d9651a401a5d2926a25"
PULLING: Sequence[Any] = (
    {"status": "pulling manifest"},
    {"status": "pulling 5a946b3677ad", "digest": DIGEST, "total": 880, "completed": 880},
    {"status": "verifying sha256 digest"},
    {"status": "writing manifest"},
    {"status": "success"},
)
PUSHING: Sequence[Any] = (
    {"status": "retrieving manifest"},
    {"status": "pushing 5a946b3677ad", "digest": DIGEST, "total": 880, "completed": 880},
    {"status": "pushing manifest"},
    {"status": "success"},
)
CREATING: Sequence[Any] = (
    {"status": f"using existing layer {DIGEST}"},
    {"status": "writing manifest"},
    {"status": "success"},
)


class Server:
    """Answers requests; knows which models there are, and which it holds in memory."""

    def __init__(self) -> None:
        self._models = {model.name: model for model in MODELS}
        """By the name that is listed; a copy is the model that it was copied from."""
        self._made: dict[str, Mapping[str, Any]] = {}
        """What a model was made with."""
        self._loaded: dict[str, None] = {}

    def answer(self, request: Received) -> Reply:
        """Answer a request of any of the routes."""
        match request.method, request.path.split("/")[1:]:
            case _, [""]:
                return Reply(headers=(("Content-Type", "text/plain"),), body=b"Ollama is running")
            case _, ["api", "version"]:
                return reply({"version": "0.33.0"})
            case _, ["api", "tags"]:
                return reply({"models": [self._entry(name) for name in self._models]})
            case _, ["api", "ps"]:
                return reply({"models": [self._running(name) for name in self._loaded]})
            case "POST", ["api", "blobs", _]:
                return Reply(status=201)
            case _, ["api", route]:
                return self._asked(route, request.json())
            case _:
                return Reply(status=404, body=b"404 page not found")

    def _asked(self, route: str, body: Mapping[str, Any]) -> Reply:
        source = {"create": "from", "copy": "source"}.get(route, "model")
        name = body.get(source) or body.get("name", "")
        listed = self._listed(name)
        if route == "pull" or (route == "create" and "from" in body and listed is None):
            return _pulled(body, known=listed is not None)
        if route == "create" and {"files", "quantize"} & body.keys():
            return reply({"error": "there is no such file"}, status=500)
        if listed is None:
            quoted = f'"{name}"' if route == "copy" else f"'{name}'"
            return reply({"error": f"model {quoted} not found"}, status=404)
        match route:
            case "copy" | "create":
                made = body["destination" if route == "copy" else "model"]
                self._models[_tagged(made)] = self._models[listed]
                self._made[_tagged(made)] = body
                return NOTHING if route == "copy" else _progress(body, CREATING)
            case "delete":
                del self._models[listed]
                self._made.pop(listed, None)
                self._loaded.pop(listed, None)
                return NOTHING
            case "push":
                return _progress(body, PUSHING)
            case _:
                return self._talked_to(route, body, listed)

    def _talked_to(self, route: str, body: Mapping[str, Any], listed: str) -> Reply:
        model = self._models[listed]
        match route:
            case "show":
                return reply(_shown(model, self._made.get(listed, {}), body))
            case "chat" | "generate":
                return self._answered(body, listed, chat=route == "chat")
            case "embed":
                self._loaded[listed] = None
                return embedded(body)
            case "embeddings":
                return reply({"embedding": embed(body["prompt"]) if body.get("prompt") else []})
            case _:
                return Reply(status=404, body=b"404 page not found")

    def _answered(self, body: Mapping[str, Any], listed: str, *, chat: bool) -> Reply:
        nothing = not body.get("messages") if chat else not body.get("prompt")
        if nothing and body.get("keep_alive") in (0, "0s", "0"):
            self._loaded.pop(listed, None)
            return loaded(body, "unload", chat=chat)
        self._loaded[listed] = None
        if nothing:
            return loaded(body, "load", chat=chat)
        model = self._models[listed]
        if lacking := _lacking(body, model):
            return reply({"error": lacking}, status=400)
        return answered(body, model, chat=chat)

    def _listed(self, name: str) -> str | None:
        wanted = _tagged(name).casefold()
        return next((known for known in self._models if known.casefold() == wanted), None)

    def _entry(self, name: str) -> dict[str, Any]:
        listed = recorded("tags")["tags: list all models"]["response"]["body"]["models"]
        base: Described = self._models[name]
        entry = next(entry for entry in listed if entry["name"] == base.name)
        return entry | {"name": name, "model": name}

    def _running(self, name: str) -> dict[str, Any]:
        entry = self._entry(name)
        kept = {key: entry[key] for key in ("name", "model", "size", "digest")}
        lengths = ("context_length", "embedding_length")
        details = {key: value for key, value in entry["details"].items() if key not in lengths}
        kept["details"] = details
        return kept | {"expires_at": FOREVER, "size_vram": 0, "context_length": 4096}


def _tagged(name: str) -> str:
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def _lacking(body: Mapping[str, Any], model: Described) -> str:
    if body.get("think") and "thinking" not in model.capabilities:
        return f'"{body["model"]}" does not support thinking'
    if body.get("tools") and "tools" not in model.capabilities:
        return f"registry.ollama.ai/library/{model.name} does not support tools"
    return ""


def _shown(model: Described, made: Mapping[str, Any], body: Mapping[str, Any]) -> Mapping[str, Any]:
    shown = dict(recorded("show")[f"show: show {model.bare}"]["response"]["body"])
    if made.get("parameters"):
        shown["parameters"] = "\n".join(f"{n:30} {v}" for n, v in made["parameters"].items())
    shown |= {key: made[key] for key in ("system", "messages") if made.get(key)}
    if body.get("verbose"):
        told = shown["model_info"].items()
        shown["model_info"] = {name: [] if value is None else value for name, value in told}
    return {key: shown[key] for key in SHOWN if key in shown}


def _progress(body: Mapping[str, Any], steps: Sequence[Any]) -> Reply:
    return reply(steps[-1]) if body.get("stream") is False else lines(steps)


def _pulled(body: Mapping[str, Any], *, known: bool) -> Reply:
    if known:
        return _progress(body, PULLING)
    error = {"error": "pull model manifest: file does not exist"}
    if body.get("stream") is False:
        return reply(error, status=500)
    return lines([PULLING[0], error])
