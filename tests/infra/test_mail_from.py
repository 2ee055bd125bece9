from email import message_from_string, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.mail_from import header, is_name

ADDRESS = "no-reply@example.com"


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("", ADDRESS),
        ("Sluice", f"Sluice <{ADDRESS}>"),
        ("Sluice, Ltd.", f'"Sluice, Ltd." <{ADDRESS}>'),
        ('The "Shop" \\', f'"The \\"Shop\\" \\\\" <{ADDRESS}>'),
        ("Łódź", f"=?utf-8?b?xYHDs2TFug==?= <{ADDRESS}>"),
    ],
)
def test_a_name_stands_before_the_address_as_mail_has_it(name, written):
    assert header(name, ADDRESS) == written


@given(st.text(max_size=64).filter(is_name))
def test_whatever_name_is_taken_is_read_as_it_was_written_from_that_address_alone(name):
    written = header(name, ADDRESS)
    assert written.isascii()
    assert "\n" not in written
    (read,) = message_from_string(f"From: {written}\n\n", policy=policy.default)["From"].addresses
    assert (read.display_name, read.addr_spec) == (name, ADDRESS)


@pytest.mark.parametrize(
    "name",
    [
        "a\nBcc: x@example.com",
        "a\r",
        "\x00",
        "=?utf-8?q?x?=",
        "Bank <a@b.example>",
        "a@b.example",
        " a",
        "x" * 65,
        "\u202ea",
    ],
    ids=["header", "return", "null", "encoded word", "address in brackets", "address", "blank", "long", "bidi"],
)
def test_a_name_that_adds_a_header_or_looks_like_another_sender_is_refused(name):
    assert not is_name(name)
    with pytest.raises(ValueError, match="a sender's name "):
        header(name, ADDRESS)
