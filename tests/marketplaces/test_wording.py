"""One spelling of words, and when what is shown counts as what was written."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplaces import wording
from marketplaces.wording import Noise

SPACES, MARKUP = frozenset({Noise.SPACES}), frozenset({Noise.SPACES, Noise.MARKUP})
WORDS = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("field", "value", "stored"),
    [
        ("title", " Teapot ", "Teapot"),
        ("bullets", ["One ", "Two"], '["One","Two"]'),
        ("bullets", '["One", "Two"]', '["One","Two"]'),
        ("images", ("https://a/1.jpg",), '["https://a/1.jpg"]'),
        ("attributes", {"size": "5 l", "color": "Moß"}, '{"color":"Moß","size":"5 l"}'),
        ("on_hold", "yes", "yes"),
    ],
)
def test_it_spells_a_value_in_one_way(field, value, stored):
    assert wording.spelled(field, value) == stored
    assert wording.spelled(field, wording.read(field, stored)) == stored


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("bullets", "no list"), ("bullets", '{"a":"b"}'), ("bullets", ["", "b"]), ("images", [1]), ("images", "[" * 20_000),
        ("attributes", ["a"]), ("attributes", {"a": 1}), ("on_hold", "maybe"),
    ],
)  # fmt: skip
def test_it_refuses_what_is_no_value_of_the_field(field, value):
    with pytest.raises(ValueError, match=r"."):
        wording.spelled(field, value)


def test_only_what_a_marketplace_alters_by_itself_may_differ():
    wanted, shown = "Holds a litre & a half.\nKeeps warm.", "<p>Holds a litre &amp; a half.</p><p>Keeps  warm.</p>"
    assert wording.is_shown("description", shown, wanted, MARKUP)
    assert not wording.is_shown("description", shown, wanted, SPACES)
    assert not wording.is_shown("description", shown.replace("half", "quarter"), wanted, MARKUP)
    assert wording.is_shown("title", "Tea  pot", "Tea pot", SPACES)
    assert not wording.is_shown("title", "Tea  pot", "Tea pot", frozenset())
    assert not wording.is_shown("title", "tea pot", "Tea pot", MARKUP)
    assert not wording.is_shown("title", None, "Tea pot", MARKUP)


def test_a_list_must_be_whole_and_attributes_may_be_more():
    assert not wording.is_shown("images", ["a", "b"], ["b", "a"], SPACES)
    assert not wording.is_shown("images", ["a"], ["a", "b"], SPACES)
    assert wording.is_shown("attributes", {"size": "5 l", "color": "Moss"}, {"size": "5  l"}, SPACES)
    assert not wording.is_shown("attributes", {"color": "Moss"}, {"size": "5 l"}, SPACES)


@settings(max_examples=40)
@given(st.lists(WORDS, min_size=1, max_size=6), st.sampled_from([" ", "\n", "  ", "<br>", "</p><p>"]))
def test_words_are_the_same_whatever_stands_between_them(words, between):
    assert wording.is_shown("description", between.join(words), " ".join(words), MARKUP)


@settings(max_examples=40)
@given(st.lists(WORDS, min_size=1, max_size=4), st.lists(WORDS, min_size=1, max_size=4))
def test_other_words_are_never_taken_for_the_same(one, other):
    assert wording.is_shown("title", " ".join(one), " ".join(other), MARKUP) == (one == other)


def test_a_long_value_is_cut_for_people_and_not_for_the_marketplace():
    assert wording.told(["a", "b"]) == "a | b"
    assert wording.told({"size": "5 l"}) == "size: 5 l"
    assert wording.told("x" * 500) == "x" * wording.SHOWN + "…"
    assert json.loads(wording.spelled("bullets", ["x" * 500])) == ["x" * 500]
