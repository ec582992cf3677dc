"""The page shows the document, and is complete by itself."""

from __future__ import annotations

import re

from adapters.web.reference.document import build
from adapters.web.reference.page import render
from tests.unit.adapters.web.reference.demo import DEMO

PAGE = render(build([DEMO], version="1.2.3"))


def test_each_route_is_there_in_words_that_are_escaped() -> None:
    assert "<b>POST</b> <code>/ask/{topic}</code> Ask &lt;something&gt;" in PAGE
    assert "With <code>care</code>." in PAGE
    assert "why &lt;b&gt;?" in PAGE
    assert "<b>GET</b> <code>/look</code>" in PAGE


def test_a_head_is_not_told_beside_its_whole() -> None:
    assert "<b>HEAD</b>" not in PAGE


def test_members_are_marked_where_they_are_required() -> None:
    assert "<td><code>question</code>*</td><td>string</td>" in PAGE


def test_a_stream_is_shown_by_what_each_line_or_event_holds() -> None:
    linked = '<a href="#demo.Asked">demo.Asked</a>'

    assert f"<code>application/x-ndjson</code>, each: {linked}" in PAGE
    assert "<code>text/event-stream</code>, each: object" in PAGE


def test_errors_are_shown_as_they_are_answered() -> None:
    assert '<a href="#demo.404">404</a>' in PAGE
    assert "model &#x27;m&#x27; not found" in PAGE
    assert "<code>retry-after</code>" in PAGE


def test_nothing_is_loaded_and_nothing_runs() -> None:
    assert not re.search(r"<(script|link|img|iframe|object|embed|base)\b", PAGE)
    assert not re.search(r"\b(src|srcset|action|on\w+)=|@import|url\(|javascript:", PAGE)
    assert not re.search(r'href="(?!#|/schema")', PAGE)


def test_every_name_of_a_place_is_there_once() -> None:
    names = re.findall(r'id="([^"]+)"', PAGE)

    assert len(names) == len(set(names))


def test_every_link_leads_somewhere() -> None:
    anchors = set(re.findall(r'id="([^"]+)"', PAGE))

    assert set(re.findall(r'href="#([^"]+)"', PAGE)) <= anchors
