import re

from hypothesis import example, given
from hypothesis import strategies as st

from policies.documents import overlap

PATTERNS = st.text("ab/*?", max_size=8)


def matches(pattern, text):
    return (
        re.fullmatch("".join({"*": ".*", "?": "."}.get(letter) or re.escape(letter) for letter in pattern), text)
        is not None
    )


@given(PATTERNS, st.text("ab/", max_size=8))
@example("a*", "a")
def test_a_text_overlaps_a_pattern_where_it_matches(pattern, text):
    assert overlap(pattern, text) == overlap(text, pattern) == matches(pattern, text)


@given(PATTERNS, PATTERNS, st.text("ab/", max_size=8))
def test_patterns_that_match_one_text_overlap(one, other, text):
    assert overlap(one, other) or not (matches(one, text) and matches(other, text))


@given(st.text("ab", min_size=1, max_size=4), st.text("cd", min_size=1, max_size=4))
def test_prefixes_that_differ_do_not_overlap(one, other):
    assert not overlap(f"{one}/*", f"{other}/*")
