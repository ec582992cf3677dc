"""Tagged thinking is found at the start of an answer and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.dialects.upstreams.think_tags import Splitter, split
from tests.cost import LINEAR, growth

ANSWERS = {
    "plain text": ("Hello", "", "Hello"),
    "tags at the start": ("<think>hm</think>Hello", "hm", "Hello"),
    "white space around the tags": (" \n<think>\n hm \n</think>\n\nHello ", "hm \n", "Hello "),
    "nothing thought": ("<think>\n\n</think>\n\nHello", "", "Hello"),
    "never closed": ("<think>hm, well", "hm, well", ""),
    "an unfinished closing tag": ("<think>hm</thin", "hm</thin", ""),
    "a tag later on is text": ("Use <think>x</think> so", "", "Use <think>x</think> so"),
    "a second pair is text": ("<think>a</think>b<think>c</think>", "a", "b<think>c</think>"),
    "what only looks like a tag": ("<thing>", "", "<thing>"),
    "part of a tag at the end": (" <thi", "", " <thi"),
    "a sign inside": ("<think>1 < 2 </ 3</think>yes", "1 < 2 </ 3", "yes"),
    "a false start of the closing tag": ("<think>a</</think>b", "a</", "b"),
    "white space only": (" \n", "", " \n"),
    "empty": ("", "", ""),
    "no closing tag for no opening one": ("a</think>b", "", "a</think>b"),
}


@pytest.mark.parametrize(("text", "thinking", "answer"), ANSWERS.values(), ids=ANSWERS)
def test_a_whole_answer_is_split(text: str, thinking: str, answer: str) -> None:
    assert split(text) == (thinking, answer)


@pytest.mark.parametrize(("text", "thinking", "answer"), ANSWERS.values(), ids=ANSWERS)
def test_tags_may_be_cut_anywhere(text: str, thinking: str, answer: str) -> None:
    for size in range(1, len(text) + 1):
        pieces = [text[i : i + size] for i in range(0, len(text), size)]
        splitter = Splitter()

        results = [*map(splitter.feed, pieces), splitter.finish()]

        assert "".join(t for t, _ in results) == thinking, f"pieces of {size}"
        assert "".join(a for _, a in results) == answer, f"pieces of {size}"


def test_text_that_cannot_be_a_tag_is_not_delayed() -> None:
    splitter = Splitter()

    assert splitter.feed("<") == ("", "")
    assert splitter.feed("b>bold") == ("", "<b>bold")
    assert splitter.settled
    assert splitter.feed("<think>") == ("", "<think>")


def test_thinking_is_handed_out_while_it_comes() -> None:
    splitter = Splitter()

    assert splitter.feed("<think>one <") == ("one ", "")
    assert splitter.feed("two") == ("<two", "")
    assert not splitter.settled


@pytest.mark.parametrize("before", ["", "<think>", "<think>hm</think>"])
def test_endless_white_space_in_tiny_pieces_is_not_dear(before: str) -> None:
    def prepare(many: int) -> Callable[[], object]:
        def work() -> None:
            splitter = Splitter()
            splitter.feed(before)
            for _ in range(many):
                splitter.feed(" \n")

        return work

    assert growth(prepare, 20_000) < LINEAR
