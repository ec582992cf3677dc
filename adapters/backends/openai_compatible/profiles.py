"""What is known of one server's ways, and of those of its models."""

from __future__ import annotations

from collections.abc import Sequence

import httpx

from adapters.dialects.openai.outbound.model_profile import profile_of
from adapters.dialects.openai.outbound.profile import Profile
from adapters.dialects.openai.outbound.servers import PROFILES, detect
from ports.models import ModelInfo

MAX_LEARNED = 1024
"""Models of one upstream whose own ways are remembered."""


class Profiles:
    """Tells the profile to use for a model: the server's, or what its refusals have taught."""

    def __init__(self, profile: str, *, base_url: str) -> None:
        self._host = httpx.URL(base_url).host
        self._detects = profile == "auto"
        self._profile = PROFILES[detect(self._host, ()) if self._detects else profile]
        self._told: dict[str, Profile] = {}
        self._learned: dict[str, Profile] = {}

    def meet(self, models: Sequence[ModelInfo]) -> None:
        """Learn from a model list what kind of server this is, unless that is configured.

        What it tells of the ways of single models counts in any case.
        """
        if self._detects:
            self._detects = False
            self._profile = PROFILES[detect(self._host, {model.owned_by for model in models})]
        told = ((model.id, profile_of(model, self._profile)) for model in models)
        self._told = {name: profile for name, profile in told if profile is not self._profile}

    def of(self, model: str) -> Profile:
        """Return the profile for a model."""
        # A variant (`:nitro`) is listed as the model that it is a variant of.
        return (
            self._learned.get(model)
            or self._told.get(model)
            or self._told.get(model.rpartition(":")[0])
            or self._profile
        )

    def learn(self, model: str, profile: Profile) -> None:
        """Use this profile for this model from now on: it has worked."""
        if len(self._learned) >= MAX_LEARNED:
            self._learned.clear()
        self._learned[model] = profile
