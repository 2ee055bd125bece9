import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from handlers.importer.items.repeated_names import are_all, repeated_name, strings

WORDS = st.text(st.sampled_from('a"\\u02:,{}é '), max_size=3)


class Members(tuple[tuple[str, Any], ...]):
    """The members of an object; names may repeat."""


VALUES = st.recursive(
    WORDS | st.none() | st.integers() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.lists(st.tuples(WORDS, inner), max_size=3).map(Members),
    max_leaves=12,
)


def literal(text: str) -> str:
    """A string as JSON, its quotes now escaped by a letter and now by a number."""
    return json.dumps(text, ensure_ascii=False).replace('a\\"', "a\\u0022")


def text_of(value: Any, blank: str) -> tuple[str, bool]:
    """The JSON of a value, and whether one of its objects has a name twice."""
    if isinstance(value, Members):
        inner = [text_of(member, blank) for _, member in value]
        names = [name for name, _ in value]
        members = [f"{literal(name)}{blank}:{blank}{text}" for name, (text, _) in zip(names, inner, strict=True)]
        return "{" + f",{blank}".join(members) + "}", len(set(names)) < len(names) or any(twice for _, twice in inner)
    if isinstance(value, list):
        inner = [text_of(element, blank) for element in value]
        return f"[{','.join(text for text, _ in inner)}]", any(twice for _, twice in inner)
    return (literal(value) if isinstance(value, str) else json.dumps(value)), False


@given(VALUES, st.sampled_from(["", " "]))
def test_a_text_has_more_strings_than_its_value_only_where_a_name_is_twice(value: Any, blank: str) -> None:
    text, twice = text_of(value, blank)
    assert are_all(text, strings([json.loads(text)])) is not twice
    assert not repeated_name(text) or twice
