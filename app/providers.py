"""How everything is put together, one provider a layer.

Clients, backends and the stateless use cases all live as long as the process.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

from dishka import Provider, Scope, from_context, provide

from adapters.dialects.anthropic.controllers.relaying import AnthropicRelay
from adapters.dialects.controlling.answering import Answering
from adapters.dialects.ollama.controllers.completing import Completing
from adapters.dialects.openai.controllers.models import OtherModels
from adapters.dialects.openai.controllers.relaying import OpenAIRelay
from adapters.dialects.openai.controllers.relaying_responses import ResponsesRelay
from adapters.dialects.replies.events import Keepalive
from adapters.files.model_file import ModelFile
from adapters.memory.clock import SystemClock
from adapters.observability.exchange_record import Recorder
from adapters.observability.metrics.controller import Teller
from adapters.observability.metrics.exchanges import ExchangeMetrics
from adapters.observability.observers import Observers
from adapters.web.health import ProgramVersion
from adapters.web.loop import instance_id, via_value
from adapters.web.pulse import Pulse
from adapters.web.reference.reference import Reference
from app import __version__
from app.registry import OTHER_MODELS, open_backend
from app.settings import Settings
from app.telemetry.instruments import Instruments
from app.telemetry.metering import Meter
from domain.chat import Chat
from domain.counting import CountTokens
from domain.embed import Embed
from domain.generate import Generate
from domain.health import Health
from domain.library import Library
from domain.models import ListModels, ShowModel
from domain.passing import PassOn
from domain.relay import Relay
from domain.residence import Residents
from domain.routing import Router
from domain.signals import Signals
from domain.translation import Translation
from ports.backend import Backend
from ports.clock import Clock
from ports.library import ModelStore
from ports.observer import Observer
from ports.version import EmulatedVersion


class AdapterProvider(Provider):
    """What implements the ports."""

    scope = Scope.APP
    settings = from_context(Settings, scope=Scope.APP)
    clock = provide(SystemClock, provides=Clock)
    instruments = from_context(Instruments, scope=Scope.APP)
    pulse = from_context(Pulse, scope=Scope.APP)
    meter = from_context(Meter, scope=Scope.APP)
    signals = provide(Signals)

    @provide
    def exchange_metrics(self, meter: Meter, router: Router) -> ExchangeMetrics:
        """Count exchanges by the models that are listed."""
        return ExchangeMetrics(meter.store, router.lists)

    @provide
    def teller(self, meter: Meter, health: Health) -> Teller:
        """Tell what was counted."""
        return Teller(sources=meter.sources, condition=lambda: health.report().condition)

    @provide
    def observer(
        self, signals: Signals, instruments: Instruments, clock: Clock, metrics: ExchangeMetrics
    ) -> Observer:
        """Let everybody who wants to know watch every exchange."""
        return Observers(Recorder(clock, metrics), signals, *instruments.observers)

    @provide
    def program_version(self) -> ProgramVersion:
        """Tell operators our own version."""
        return ProgramVersion(__version__)

    @provide
    def version(self, settings: Settings) -> EmulatedVersion:
        """Tell clients the version that the settings name."""
        return EmulatedVersion(settings.server.version)

    @provide
    def keepalive(self, settings: Settings) -> Keepalive:
        """Let clients of event streams wait in silence for as long as the settings say."""
        return Keepalive(settings.server.keepalive)

    @provide
    def other_models(self) -> OtherModels:
        """Answer clients of other dialects where OpenAI's list models."""
        return OTHER_MODELS

    @provide
    def reference(self, settings: Settings) -> Reference:
        """Describe every route, once somebody asks."""
        from app.described import reference  # noqa: PLC0415 - a start is not to wait for it

        return reference(settings.routing.relay_paths)

    @provide
    def store(self, settings: Settings) -> ModelStore:
        """Keep made models in the configured file."""
        return ModelFile(settings.models.file)

    @provide
    async def backends(
        self, settings: Settings, clock: Clock, instruments: Instruments
    ) -> AsyncIterator[tuple[Backend, ...]]:
        """Open every configured backend, in order; close them at shutdown."""
        via = via_value(instance(settings)).decode()
        async with AsyncExitStack() as stack:
            yield tuple(
                [
                    await stack.enter_async_context(
                        open_backend(config, clock=clock, via=via, wrap=instruments.wrap)
                    )
                    for config in settings.backends
                ]
            )


class UseCaseProvider(Provider):
    """The domain."""

    scope = Scope.APP
    chat = provide(Chat)
    count_tokens = provide(CountTokens)
    generate = provide(Generate)
    embed = provide(Embed)
    list_models = provide(ListModels)
    show_model = provide(ShowModel)
    relay = provide(Relay)
    library = provide(Library)
    residents = provide(Residents)
    health = provide(Health)
    answering = provide(Answering)
    completing = provide(Completing)
    openai_relay = provide(OpenAIRelay)
    responses_relay = provide(ResponsesRelay)
    anthropic_relay = provide(AnthropicRelay)

    @provide
    def translation(self, settings: Settings) -> Translation:
        """Drop what cannot be carried over, or refuse it."""
        return Translation(strict=settings.routing.strict_translation)

    @provide
    def pass_on(self, settings: Settings, router: Router, observer: Observer) -> PassOn:
        """Pass on what names no model to the configured backend."""
        return PassOn(router, default_backend=settings.routing.default_backend, observer=observer)

    @provide
    def router(
        self, settings: Settings, backends: tuple[Backend, ...], store: ModelStore
    ) -> Router:
        """Route among the configured backends."""
        return Router(
            backends,
            settings.aliases.values(),
            store=store,
            short_names=settings.routing.short_names,
        )


def instance(settings: Settings) -> str:
    """Name this server among others, the same in all its workers."""
    return instance_id(socket.gethostname(), settings.server.host, settings.server.port)
