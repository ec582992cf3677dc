from __future__ import annotations

import pytest

from adapters.observability.masking import masked_query, masked_url


@pytest.mark.parametrize(
    ("query", "masked"),
    [
        ("key=secret", "key=***"),
        ("a=1&b=x%3Dy&c=", "a=***&b=***&c=***"),
        ("secret", "***"),
        ("a=b=secret", "a=***"),
    ],
)
def test_a_query_keeps_the_names_of_its_parameters_alone(query: str, masked: str) -> None:
    assert masked_query(query) == masked


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("https://api.example/v1/chat", "https://api.example/v1/chat"),
        ("https://me:secret@api.example:8443/v1", "https://api.example:8443/v1"),
        ("https://api.example/v1?api-key=secret&x", "https://api.example/v1?api-key=***&***"),
        ("https://api.example/#secret", "https://api.example/"),
        ("http://[secret/", "***"),
    ],
)
def test_an_address_loses_what_may_be_secret(url: str, masked: str) -> None:
    assert masked_url(url) == masked
