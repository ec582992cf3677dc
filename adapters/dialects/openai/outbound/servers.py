"""The kinds of server that are known, a row of a profile each, and how one is recognised.

Sources: docs/wire/dialects.md 2.3 to 2.5, 4.3, 5.3 and 11.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from adapters.dialects.openai.outbound.profile import Profile
from ports.chat import Effort


def _named(*names: str) -> dict[str, str]:
    """Return members of OpenAI's clients that go by one name on both sides."""
    return {f"openai.{name}": name for name in names}


_ENDUSER = {"anthropic.user_id": "user"}
"""What Anthropic's clients call it."""

_OPENAI = _ENDUSER | _named(
    *("user", "safety_identifier", "metadata", "store", "service_tier", "verbosity", "prediction"),
    *("web_search_options", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention"),
    *("moderation", "logit_bias"),
)
"""Members that OpenAI's clients may send (1.1).

Not `modalities` and `audio`: the sound of an answer has no place in the neutral form, and where
there is one the text is missing. Not `n`: one answer is read.
"""

_OPENROUTER = _OPENAI | _named(
    *("provider", "transforms", "session_id", "trace", "top_a", "cache_control")
)
"""Those and its own (8.2). Not `models`, `route`, `preset` and `plugins` (`fusion` asks several):
a client could name some models that its key may not use."""

_VLLM_SAMPLING = _named(
    *("user", "logit_bias", "use_beam_search", "length_penalty", "stop_token_ids", "ignore_eos"),
    *("include_stop_str_in_output", "min_tokens", "skip_special_tokens", "allowed_token_ids"),
    *("spaces_between_special_tokens", "truncate_prompt_tokens", "truncation_side", "bad_words"),
    *("add_special_tokens", "structured_outputs", "priority", "cache_salt", "vllm_xargs"),
)
_VLLM = _VLLM_SAMPLING | _named(
    *("add_generation_prompt", "continue_final_message", "documents", "chat_template"),
    *("chat_template_kwargs", "mm_processor_kwargs"),
)
"""What vLLM adds (2.4), as its `ChatCompletionRequest` has it."""

_LLAMACPP_SAMPLING = _named(
    *("logit_bias", "cache_prompt", "id_slot", "ignore_eos", "samplers", "min_keep", "grammar"),
    *("dry_multiplier", "dry_base", "dry_allowed_length", "dry_penalty_last_n"),
    *("dry_sequence_breakers", "xtc_probability", "xtc_threshold", "dynatemp_range"),
    *("dynatemp_exponent", "top_n_sigma", "t_max_predict_ms", "n_indent"),
)
_LLAMACPP = _LLAMACPP_SAMPLING | _named("chat_template_kwargs")
"""What the server of llama.cpp adds, as its README has it."""

_USER = _named("user")
_LEGACY = _named("user", "logit_bias")

_ALL_EFFORTS: tuple[Effort, ...] = ("minimal", "low", "medium", "high", "xhigh", "max")

PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        # vllm-mlx 0.4 tells no reason but `length`, nor did llama-cpp-python; both are unnamed.
        "generic": Profile(mark_suffices=True),
        "openai": Profile(
            extensions=_OPENAI,
            prompt_extensions=_LEGACY,
            embed_extensions=_USER,
            authors=True,
            files=True,
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
            extensions=_VLLM,
            prompt_extensions=_VLLM_SAMPLING,
            embed_extensions=_named("user", "truncate_prompt_tokens", "add_special_tokens"),
            authors=True,
            thinking="template",
            efforts=_ALL_EFFORTS,
            budget_field="thinking_token_budget",
            reasoning_field="reasoning",
            parallel_tool_calls=True,
            strict_tools=True,
            infill="",
            completion_format="response_format",
            counter="../tokenize",
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
            extensions=_LLAMACPP,
            prompt_extensions=_LLAMACPP_SAMPLING,
            thinking="template_with_effort",
            efforts=_ALL_EFFORTS,
            reasoning_field="reasoning_content",
            # Its word for a choice is a string: an object would be passed over in silence.
            named_choice=False,
            parallel_tool_calls=True,
            infill="",
            completion_format="json_schema",
            counter="chat/completions/input_tokens",
        ),
        "lmstudio": Profile(
            samplers={"top_k": "top_k", "min_p": "min_p", "repeat_penalty": "repeat_penalty"},
            extensions=_named("logit_bias", "ttl"),
            named_choice=False,
        ),
        "litellm": Profile(
            # It loses the reason where log probabilities are asked for.
            mark_suffices=True,
            extensions=_OPENAI,
            prompt_extensions=_LEGACY,
            embed_extensions=_USER,
            authors=True,
            files=True,
            parallel_tool_calls=True,
            strict_tools=True,
        ),
        "openrouter": Profile(
            samplers={"top_k": "top_k", "min_p": "min_p", "repeat_penalty": "repetition_penalty"},
            # Not its `models`: a client could name some that its key may not use.
            vendor_options={"top_a": "top_a", "provider": "provider"},
            extensions=_OPENROUTER,
            embed_extensions=_named("user", "provider", "input_type"),
            authors=True,
            files=True,
            stop_limit=4,
            thinking="reasoning",
            efforts=_ALL_EFFORTS,
            budget_field="max_tokens",
            reasoning_field="reasoning",
            reasoning_details=True,
            parallel_tool_calls=True,
            strict_tools=True,
            completions="",
            infill="",
        ),
        "groq": Profile(
            extensions=_ENDUSER | _named("user", "service_tier"),
            authors=True,
            stop_limit=4,
            logprobs=False,
            parallel_tool_calls=True,
            completions="",
            infill="",
        ),
        "deepseek": Profile(thinking="omit", stop_limit=16, json_schema=False, authors=True),
        "gemini": Profile(
            efforts=("minimal", "low", "medium", "high"),
            stop_limit=5,
            logprobs=False,
            completions="",
            infill="",
            embed_limit=100,
        ),
        "mistral": Profile(
            extensions=_named("prediction", "safe_prompt"),
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
