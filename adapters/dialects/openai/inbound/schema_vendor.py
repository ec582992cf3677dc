"""Members of a chat that only some servers act on, and that have no neutral name.

docs/wire/dialects.md 1.1, 1.8, 2.4 and 8. They are kept as they were spelled; a backend
decides which of them its server is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import UNSET, Raw, Struct, UnsetType

from adapters.dialects.bodies.gotypes import Anything, GoType


class WireVendor(Struct, gc=False):
    """OpenAI's own first, then vLLM's, llama.cpp's, OpenRouter's, and others'."""

    user: Raw | UnsetType = UNSET
    safety_identifier: Raw | UnsetType = UNSET
    metadata: Raw | UnsetType = UNSET
    store: Raw | UnsetType = UNSET
    service_tier: Raw | UnsetType = UNSET
    verbosity: Raw | UnsetType = UNSET
    prediction: Raw | UnsetType = UNSET
    modalities: Raw | UnsetType = UNSET
    audio: Raw | UnsetType = UNSET
    web_search_options: Raw | UnsetType = UNSET
    prompt_cache_key: Raw | UnsetType = UNSET
    prompt_cache_options: Raw | UnsetType = UNSET
    prompt_cache_retention: Raw | UnsetType = UNSET
    moderation: Raw | UnsetType = UNSET
    logit_bias: Raw | UnsetType = UNSET

    length_penalty: Raw | UnsetType = UNSET
    use_beam_search: Raw | UnsetType = UNSET
    stop_token_ids: Raw | UnsetType = UNSET
    allowed_token_ids: Raw | UnsetType = UNSET
    bad_words: Raw | UnsetType = UNSET
    ignore_eos: Raw | UnsetType = UNSET
    min_tokens: Raw | UnsetType = UNSET
    skip_special_tokens: Raw | UnsetType = UNSET
    spaces_between_special_tokens: Raw | UnsetType = UNSET
    include_stop_str_in_output: Raw | UnsetType = UNSET
    add_special_tokens: Raw | UnsetType = UNSET
    truncate_prompt_tokens: Raw | UnsetType = UNSET
    truncation_side: Raw | UnsetType = UNSET
    structured_outputs: Raw | UnsetType = UNSET
    guided_json: Raw | UnsetType = UNSET
    guided_regex: Raw | UnsetType = UNSET
    guided_choice: Raw | UnsetType = UNSET
    guided_grammar: Raw | UnsetType = UNSET
    priority: Raw | UnsetType = UNSET
    cache_salt: Raw | UnsetType = UNSET
    add_generation_prompt: Raw | UnsetType = UNSET
    continue_final_message: Raw | UnsetType = UNSET
    chat_template: Raw | UnsetType = UNSET
    chat_template_kwargs: Raw | UnsetType = UNSET
    documents: Raw | UnsetType = UNSET
    mm_processor_kwargs: Raw | UnsetType = UNSET
    thinking_token_budget: Raw | UnsetType = UNSET
    vllm_xargs: Raw | UnsetType = UNSET

    grammar: Raw | UnsetType = UNSET
    json_schema: Raw | UnsetType = UNSET
    cache_prompt: Raw | UnsetType = UNSET
    id_slot: Raw | UnsetType = UNSET
    samplers: Raw | UnsetType = UNSET
    min_keep: Raw | UnsetType = UNSET
    reasoning_format: Raw | UnsetType = UNSET
    dry_multiplier: Raw | UnsetType = UNSET
    dry_base: Raw | UnsetType = UNSET
    dry_allowed_length: Raw | UnsetType = UNSET
    dry_penalty_last_n: Raw | UnsetType = UNSET
    dry_sequence_breakers: Raw | UnsetType = UNSET
    xtc_probability: Raw | UnsetType = UNSET
    xtc_threshold: Raw | UnsetType = UNSET
    dynatemp_range: Raw | UnsetType = UNSET
    dynatemp_exponent: Raw | UnsetType = UNSET
    top_n_sigma: Raw | UnsetType = UNSET
    t_max_predict_ms: Raw | UnsetType = UNSET
    n_indent: Raw | UnsetType = UNSET

    provider: Raw | UnsetType = UNSET
    models: Raw | UnsetType = UNSET
    route: Raw | UnsetType = UNSET
    preset: Raw | UnsetType = UNSET
    transforms: Raw | UnsetType = UNSET
    plugins: Raw | UnsetType = UNSET
    session_id: Raw | UnsetType = UNSET
    trace: Raw | UnsetType = UNSET
    cache_control: Raw | UnsetType = UNSET

    ttl: Raw | UnsetType = UNSET
    safe_prompt: Raw | UnsetType = UNSET


FIELDS = WireVendor.__struct_fields__

VENDOR: Mapping[str, GoType] = MappingProxyType(dict.fromkeys(FIELDS, Anything()))
"""Go's view of them: it passes over each."""
