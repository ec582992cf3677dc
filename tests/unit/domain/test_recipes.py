"""Templates that say nothing of their own."""

from __future__ import annotations

import pytest

from domain.recipes import Recipe, make, passes_through
from domain.target import Target
from ports.errors import InvalidRequest
from ports.models import ModelInfo
from tests.fakes.backend import backend


@pytest.mark.parametrize(
    ("template", "passes"),
    [
        ("{{ .Prompt }}", True),
        ("{{.Prompt}}", True),
        (" {{- .System -}}\n\n{{ .Prompt }}\n", True),
        ("{{ .Prompt }}!", False),
        ("{{ .Prompt }} {{ .System }}", False),
        ("{{ .System }}", False),
        ("{{ .Prompt }}{{ .Prompt }}", False),
        ("{{ .Prompt", False),
        ("{{ .Suffix }}", False),
        ("{{ if .System }}{{ .System }}{{ end }}{{ .Prompt }}", False),
        ("text", False),
        ("", False),
    ],
)
def test_a_template_passes_through_if_it_is_only_the_prompt(template: str, passes: bool) -> None:
    assert passes_through(template) is passes


def test_the_plain_template_is_not_worth_keeping() -> None:
    base = Target(name="m", backend=backend("b"), model=ModelInfo(id="m"))

    def template_of(template: str) -> str:
        return make(Recipe(name="x", template=template), base, 0).template

    assert template_of("{{ .Prompt }}") == ""
    assert template_of("{{ .System }} {{ .Prompt }}") == "{{ .System }} {{ .Prompt }}"
    with pytest.raises(InvalidRequest, match="backend 'b'"):
        template_of("{{ .Prompt }}.")
