"""The kinds of server that are known, a row of a profile each, and how one is recognised.

Sources: docs/wire/dialects.md 2.3 to 2.5, 4.3, 5.3 and 11.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from adapters.dialects.openai.outbound.profile import Profile
from ports.chat import Effort

_ALL_EFFORTS: tuple[Effort, ...] = ("minimal", "low", "medium", "high", "xhigh", "max")

PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        "generic": Profile(),
        "openai": Profile(
            max_tokens_field="max_completion_tokens",
            stop_limit=4,
            efforts=("minimal", "low", "medium", "high", "xhigh"),
            null_content=True,
            parallel_tool_calls=True,
            strict_tools=True,
            embed_limit=2048,
        ),
        "vllm": Profile(
            samplers={"top_k": "top_k", "min_p": "min_p", "repeat_penalty": "repetition_penalty"},
            thinking="template",
            efforts=_ALL_EFFORTS,
            reasoning_field="reasoning",
            parallel_tool_calls=True,
            strict_tools=True,
            infill="",
            completion_format="response_format",
            embed_truncates=True,
        ),
        "llamacpp": Profile(
            samplers={
                "top_k": "top_k",
                "min_p": "min_p",
                "typical_p": "typical_p",
                "repeat_penalty": "repeat_penalty",
                "repeat_last_n": "repeat_last_n",
            },
            vendor_options={
                "num_keep": "n_keep",
                "mirostat": "mirostat",
                "mirostat_tau": "mirostat_tau",
                "mirostat_eta": "mirostat_eta",
            },
            thinking="template_with_effort",
            efforts=_ALL_EFFORTS,
            reasoning_field="reasoning_content",
            # Its word for a choice is a string: an object would be passed over in silence.
            named_choice=False,
            parallel_tool_calls=True,
            infill="",
            completion_format="json_schema",
        ),
        "lmstudio": Profile(
            samplers={"top_k": "top_k", "min_p": "min_p", "repeat_penalty": "repeat_penalty"},
            named_choice=False,
        ),
        "litellm": Profile(parallel_tool_calls=True, strict_tools=True),
        "openrouter": Profile(
            samplers={"top_k": "top_k", "min_p": "min_p", "repeat_penalty": "repetition_penalty"},
            # Not its `models`: a client could name some that its key may not use.
            vendor_options={"top_a": "top_a", "provider": "provider"},
            stop_limit=4,
            thinking="reasoning",
            efforts=_ALL_EFFORTS,
            reasoning_field="reasoning",
            parallel_tool_calls=True,
            strict_tools=True,
            completions="",
            infill="",
        ),
        "groq": Profile(
            stop_limit=4, logprobs=False, parallel_tool_calls=True, completions="", infill=""
        ),
        "deepseek": Profile(thinking="omit", stop_limit=16, json_schema=False),
        "gemini": Profile(
            efforts=("minimal", "low", "medium", "high"),
            stop_limit=5,
            logprobs=False,
            completions="",
            infill="",
            embed_limit=100,
        ),
        "mistral": Profile(
            seed_field="random_seed",
            thinking="omit",
            stream_usage=False,
            logprobs=False,
            short_ids=True,
            parallel_tool_calls=True,
            completions="",
            infill="fim/completions",
        ),
    }
)

_HOSTS: Mapping[str, str] = MappingProxyType(
    {
        "api.openai.com": "openai",
        "api.groq.com": "groq",
        "api.deepseek.com": "deepseek",
        "api.mistral.ai": "mistral",
        "generativelanguage.googleapis.com": "gemini",
    }
)

_OWNERS: Mapping[str, str] = MappingProxyType({"vllm": "vllm", "llamacpp": "llamacpp"})


def detect(base_url_host: str, owned_by: Iterable[str]) -> str:
    """Return the name of the profile for `auto`: by host, else by who owns the listed models."""
    known = _HOSTS.get(base_url_host.lower())
    if known is not None:
        return known
    return next((_OWNERS[owner] for owner in owned_by if owner in _OWNERS), "generic")
