"""Addresses as SES takes them, and who may be mailed."""

import re
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handlers.shared.recipients import (
    LOCAL_PART_OUTSIDE_ASCII,
    MALFORMED,
    OnlyTo,
    UnusableAddressError,
    deliverable,
    domain,
)

LONGEST_DOMAIN = ".".join(["d" * 63, "d" * 63, "d" * 63, "d" * 56, "com"])


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.com",
        "Ada.Lovelace+sluice@mail.Example.co.uk",
        "o'neil@example.com",
        "!#$%&*+-/?=^_`{|}~@example.com",
        "1@2.example",
        "a@xn--bcher-kva.example",
        "a" * 64 + "@example.com",
        "a@" + LONGEST_DOMAIN,
    ],
)
def test_an_ordinary_address_stays_as_it_is(address: str):
    assert deliverable(address) == address


SPACES = "".join(c for c in map(chr, range(sys.maxunicode + 1)) if c.isspace()) + "\u180e\u200b\u2060\ufeff"


@pytest.mark.parametrize("space", SPACES, ids=ascii)
def test_white_space_of_any_kind_around_an_address_or_a_domain_is_removed(space: str):
    assert deliverable(f"{space} ada@example.com {space}") == "ada@example.com"
    assert domain(f"{space} example.com {space}") == "example.com"
    assert OnlyTo([f" example.com{space}"]).allows("ada@example.com")


@pytest.mark.parametrize("space", SPACES, ids=ascii)
def test_white_space_within_an_address_makes_it_malformed(space: str):
    for address in (f"ada@{space}example.com", f"ada@exa{space}mple.com", f"a{space}da@example.com"):
        with pytest.raises(UnusableAddressError):
            deliverable(address)


@pytest.mark.parametrize(
    ("text", "usable"),
    [("example.com", "example.com"), ("Example.com", "Example.com"), ("bücher.example", "xn--bcher-kva.example")],
)
def test_a_domain_is_given_as_ses_takes_it(text: str, usable: str):
    assert domain(text) == usable


@pytest.mark.parametrize(
    "text",
    ["", " ", "localhost", "127.0.0.1", "a@example.com", "x-.example", "-x.example", "a..example", "example.com."],
)
def test_what_is_no_domain_is_refused(text: str):
    with pytest.raises(UnusableAddressError) as refusal:
        domain(text)
    assert refusal.value.reason == MALFORMED


@pytest.mark.parametrize(
    ("address", "usable"),
    [
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
        ("ada@bu\u0308cher.example", "ada@xn--bcher-kva.example"),
        ("ada@почта.рф", "ada@xn--80a1acny.xn--p1ai"),
        ("ada@例え.テスト", "ada@xn--r8jz45g.xn--zckzah"),
    ],
)
def test_a_domain_outside_ascii_travels_as_punycode(address: str, usable: str):
    assert deliverable(address) == usable


@pytest.mark.parametrize(
    "address",
    [
        "",
        " ",
        "ada",
        "@example.com",
        "ada@",
        "ada@example",
        "ada@localhost",
        "ada@127.0.0.1",
        "ada@[127.0.0.1]",
        "ada@@example.com",
        "ada@evil.com@example.com",
        ".ada@example.com",
        "ada.@example.com",
        "a..da@example.com",
        "a da@example.com",
        "ada@exa mple.com",
        "ada@-example.com",
        "ada@example-.com",
        "ada@example.com-",
        "a@x-.example",
        "ada@example..com",
        "ada@example.com.",
        "ada@exam_ple.com",
        '"ada"@example.com',
        '"a@b"@example.com',
        "Ada <ada@example.com>",
        "<ada@example.com>",
        "ada@example.com, eve@example.com",
        "ada@example.com;eve@example.com",
        "ada(comment)@example.com",
        "ada@example.com\r\nBcc: eve@example.com",
        "ada\r\nBcc:eve@example.com",
        "ada\x00@example.com",
        "ada@exa\x7fmple.com",
        "=?utf-8?q?eve=40evil.com?=@example.com",
        "a" * 65 + "@example.com",
        "ab@" + LONGEST_DOMAIN + "m",
        "ada@" + "d" * 64 + ".com",
        "ada@straße.example",  # strasse.example to IDNA 2003, a registration of its own to IDNA 2008
        "ada@βόλος.example",
        "ada@ex\u200dample.com",
        "ada@example\uff0ecom",
        "ada@\u2100pple.com",
        "ada@\ud800.com",
        "ada@" + "ü" * 300 + ".com",
    ],
)
def test_an_address_that_ses_would_refuse_or_read_otherwise_is_malformed(address: str):
    with pytest.raises(UnusableAddressError) as refusal:
        deliverable(address)
    assert refusal.value.reason == MALFORMED


@pytest.mark.parametrize("address", ["jürgen@example.com", "アダ@example.com", "аda@example.com"])
def test_a_local_part_outside_ascii_has_a_reason_of_its_own(address: str):
    with pytest.raises(UnusableAddressError) as refusal:
        deliverable(address)
    assert refusal.value.reason == LOCAL_PART_OUTSIDE_ASCII


def test_a_refusal_does_not_repeat_the_address():
    with pytest.raises(UnusableAddressError) as refusal:
        deliverable("ada@secret")
    assert "secret" not in str(refusal.value)


@given(st.text() | st.text("aé@. \r\n<>\"',;:=?\u3002", max_size=30))
@example("a@" + "\u3002".join(["b", "com"]))
def test_what_is_deliverable_is_one_plain_address_and_stays_so(text: str):
    try:
        address = deliverable(text)
    except UnusableAddressError:
        return
    assert re.fullmatch(r"[!-~]+", address)
    assert not set(address) & set('<>()[],;:\\"')
    assert address.count("@") == 1
    assert len(address) <= 254
    assert deliverable(address) == address


LOCAL_PART = re.compile(
    r"(?!.*=\?)[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.IGNORECASE | re.ASCII
)


@given(st.text('aKZ09.=?!#-_~ @\n"\u212a', max_size=20) | st.from_regex(LOCAL_PART, fullmatch=True))
def test_a_local_part_is_judged_as_by_the_pattern_that_says_all(local: str):
    try:
        address = deliverable(f"x{local}x@example.com")
    except UnusableAddressError:
        address = ""
    expected = LOCAL_PART.fullmatch(f"x{local}x") and local.isascii() and len(local) <= 62
    assert bool(address) == bool(expected)


def test_only_to_nobody_in_particular_means_everybody():
    assert OnlyTo([]).allows("ada@example.com")


def test_an_address_on_the_list_is_allowed_and_its_neighbour_is_not():
    only_to = OnlyTo(["ada@example.com"])
    assert only_to.allows("ada@EXAMPLE.com")
    assert not only_to.allows("eve@example.com")
    assert not only_to.allows("Ada@example.com")


def test_a_domain_on_the_list_allows_its_addresses_whatever_the_case():
    only_to = OnlyTo(["Example.com"])
    assert only_to.allows("ada@example.COM")


@pytest.mark.parametrize("address", ["ada@mail.example.com", "ada@badexample.com", "example.com@evil.org"])
def test_a_domain_stands_for_itself_alone(address: str):
    assert not OnlyTo(["example.com"]).allows(address)


def test_a_domain_outside_ascii_may_be_listed():
    assert OnlyTo(["bücher.example"]).allows(deliverable("ada@BÜCHER.example"))


@pytest.mark.parametrize("entry", ["", "*", "*.example.com", "@example.com", "exa mple.com"])
def test_an_entry_that_could_match_nobody_is_an_error(entry: str):
    with pytest.raises(ValueError, match=re.escape(repr(entry))):
        OnlyTo(["example.com", entry])


def a_domain(length: int) -> str:
    """A domain of so many letters; what is too long for a label is parted."""
    letters = "d" * (length - len(".example"))
    return "".join("." if place % 61 == 30 else letter for place, letter in enumerate(letters)) + ".example"


@pytest.mark.parametrize("length", [253, 254, 255, 256])
def test_neither_an_address_nor_a_domain_is_longer_than_254_characters(length):
    name, address = a_domain(length), f"a@{a_domain(length - 2)}"
    assert (len(name), len(address)) == (length, length)
    for text, usable in ((name, domain), (address, deliverable)):
        if length <= 254:
            assert usable(text) == text
        else:
            with pytest.raises(UnusableAddressError):
                usable(text)
