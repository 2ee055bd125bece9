"""What other people wrote goes into a mail as a text and as nothing else."""

import email.header
import re
import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handlers.shared.inert import inert

SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


@pytest.mark.parametrize(
    "text",
    [
        "Ada Lovelace",
        "O'Brien & Söhne",
        "J.R.R. Tolkien",
        "J.-P. Sartre",
        "Μ. Καραγάτσης",
        "Martin Luther King, Jr.",
        "Acme (Europe) Inc., Ltd.",
        "9 a.m. to 5 p.m.",
        "and so on...",
        "Wait!? (Yes.)",
        "12.50",
        "-0.5",
        ".5",
        "1,234.56 €",
        "12.50kg",
        "1E+100",
        "v1.2.3",
        "27.11.2026",
        "10:30",
        "2026-11-27T10:30:00Z",
        "2026-11-27T10:30:00.123+02:00",
        "2026-11-27 10:30:00",
        "16:9",
        "A/B test",
        r"DOMAIN\user",
        "Note: late",
        "x = y?",
        ".NET",
        "<b>&amp;",
        "{{name}} %s $1",
        "محمد",
        "می\u200cخواهم",
        "葛\U000e0100城",
        "👩\u200d💻",
        "❤\ufe0f",
        SCOTLAND,
        "e\u0301",
        "",
    ],
)
def test_a_plain_value_stays_as_it_is(text: str):
    assert inert(text) == text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("http://evil.example/login", "http: // evil. example/login"),
        ("You won! collect at evil.example", "You won! collect at evil. example"),
        ("www.evil", "www. evil"),
        ("www2.5", "www2. 5"),
        ("www.,x", "www. ,x"),
        ("HTTPS:evil", "HTTPS: evil"),
        ("mailto:a@b", "mailto: a@ b"),
        ("javascript:alert(1)", "javascript: alert(1)"),
        ("tel:110", "tel: 110"),
        ("ada@evil.example", "ada@ evil. example"),
        ("//evil/x", "// evil/x"),
        (r"\\server\share", r"\\ server\share"),
        ("10.0.0.1", "10. 0. 0. 1"),
        ("10.0.0.1:80", "10. 0. 0. 1: 80"),
        ("a.b.com", "a.b. com"),
        ("a.co", "a. co"),
        ("J.R.R.Tolkien", "J.R.R. Tolkien"),
        ("x.\ufb01", "x. \ufb01"),  # the ligature of fi, which is a domain's last part
        ("a.b.c.\ufb01", "a. b. c. \ufb01"),
        ("x.e\u0301vil", "x. e\u0301vil"),
        ("evil\uff0eexample", "evil\uff0e example"),
        ("evil\u3002example", "evil\u3002 example"),
        ("evil\uff61example", "evil\uff61 example"),
        ("evil\ufe52example", "evil\ufe52 example"),
        ("evil\u2024example", "evil\u2024 example"),
        ("evil\ufe12example", "evil\ufe12 example"),
        ("http\uff1aevil", "http\uff1a evil"),
        ("http\ufe55evil", "http\ufe55 evil"),
        ("http\ufe13evil", "http\ufe13 evil"),
        ("ada\uff20evil", "ada\uff20 evil"),
        ("ada\ufe6bevil", "ada\ufe6b evil"),
        ("\uff0f\uff0fevil", "\uff0f\uff0f evil"),
        ("\uff3c\ufe68evil", "\uff3c\ufe68 evil"),
        ("evil\u200b.\u200bexample", "evil. example"),
        ("evil.\u00adexample", "evil. example"),
        ("evil.\u200dexample", "evil. example"),
        ("=?utf-8?q?You_won?=", "= ?utf-8?q?You_won?="),
        ("=\u200b?utf-8?b?WW91?=", "= ?utf-8?b?WW91?="),
    ],
)
def test_what_mail_readers_make_a_link_or_decode_is_parted(text: str, plain: str):
    assert inert(text) == plain


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Ada\r\nBcc: eve@example.com", "Ada Bcc: eve@ example. com"),
        ("Ada\u2028Subject: x", "Ada Subject: x"),
        ("Ada\x00\x1b[31m\x9b Lovelace", "Ada [31m Lovelace"),
        ("\u202eadA\u2069", "adA"),
        ("Ada\ud800", "Ada"),
        ("Ada\u3164Lovelace", "Ada Lovelace"),
        ("Mar\u00adgaret", "Margaret"),
        ("Ada\u2060\ufeff \u200bLovelace", "Ada Lovelace"),
        ("Ada \u200d Lovelace\u200c", "Ada Lovelace"),
        ("\ufe0fAda", "Ada"),
        ("Ada\U000e0041\U000e0042", "Ada"),
        ("\U0001f3f4\U000e0067Ada", "\U0001f3f4Ada"),
        (f"{SCOTLAND}\U000e0041 Ada", f"{SCOTLAND} Ada"),
    ],
)
def test_a_value_is_one_line_of_what_is_seen(text: str, plain: str):
    assert inert(text) == plain


INVISIBLE = [
    *"\u034f\u115f\u1160\u17b4\u17b5\u180b\u180f\u2800\u3164\ufe00\ufe0f\uffa0\U0001d159\U00016fe4\U000e0100\U000e01ef",
    *(c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c) in ("Cc", "Cf", "Zs", "Zl", "Zp")),
]


def test_what_shows_nothing_is_nothing_alone_and_in_any_company():
    assert [ascii(character) for character in INVISIBLE if inert(character)] == []
    assert inert("".join(INVISIBLE)) == ""
    assert inert("\u3164 \u200d\u200d \ufe0f\u200c \u00ad") == ""


# How mail readers and their libraries look for links, from strict to generous.
LINKIFIERS = [
    r"(?<!\w)[a-z](?:[a-z0-9+.-]*[a-z])?\d*:\S*[\w/%#&+~\[(]",
    r"(?:^|\s|[^\w:])//[\w\[]",
    r"\\\\\w",
    r"www\d{0,3}[.]\S*\w",
    r"[\w!#$%&'*+/=?^`{|}~-]@[\w\[]",
    r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}",
    r"(?:[^\W_]|-)[.](?:xn--|[^\W\d_]{2})",
    r"[^\W_]{2}[.][^\W\d_]",
    # after John Gruber's, https://daringfireball.net/2010/07/improved_regex_for_matching_urls
    r"\b(?:[a-z][\w-]+:(?:/{1,3}|[a-z%])|www\d{0,3}[.]|[a-z0-9.\-]+[.][a-z]{2,4}/)"
    r"(?:[^\s()<>]+|\([^\s()<>]+\))+(?:\([^\s()<>]*\)|[\w/=#%&])",
]
LOOK_ALIKES = str.maketrans(
    "\u2024\ufe52\uff0e\u3002\uff61\ufe12\uff1a\ufe55\ufe13\uff20\ufe6b\uff0f\uff3c\ufe68", "......:::@@/\\\\"
)
RISKY = st.text(
    "aeé0 9.:@/\\=?-_,)\u200d\u200c\u00ad\ufe0f\u3164\u2024\ufe52\uff0e\u3002\uff61\ufe12\uff1a\uff20\uff0f\u0301",
    max_size=20,
)
PARTS = ["http", "www", "evil", "example", "com", "=?utf-8?q?", "x", "?=", "1", "2"]
PARTS += ["://", ".", ":", "@", "//", "\\\\", "/", " ", "-", ")", "\u200b", "\u200d", "\uff0e", "\u3002"]
WORDS = st.lists(st.sampled_from(PARTS), max_size=12).map("".join)


def decoded(text: str) -> bool:
    return any(charset for _, charset in email.header.decode_header(text))


@given(st.text() | RISKY | WORDS)
@example("a.b\u200dc")
@example("a.e\u0301x")
def test_nothing_in_an_inert_text_is_a_link_or_an_encoded_word(text: str):
    plain = inert(text)
    unjoined = re.sub("[\u200c\u200d\ufe0f]", "", plain).translate(LOOK_ALIKES)
    for shape in LINKIFIERS:
        for form in (plain, unjoined):
            assert not re.search(shape, form, re.IGNORECASE), shape
    assert "=?" not in plain
    assert not decoded(plain.encode("ascii", "replace").decode())


@given(st.text() | RISKY | WORDS)
def test_an_inert_text_stays_as_it_is_and_loses_no_letter(text: str):
    plain = inert(text)
    assert inert(plain) == plain
    assert plain.splitlines() in ([], [plain])
    assert plain == plain.strip()
    visible = [c for c in text if unicodedata.category(c)[0] in "LNPS" and c not in INVISIBLE]
    assert [c for c in plain if unicodedata.category(c)[0] in "LNPS"] == visible


@pytest.mark.parametrize("text", [".", ".,", "1:", "1.", "/", "a.", ".)", "\u200d", "a.-", "=", "\U0001f3f4\U000e0067"])
def test_the_work_grows_with_the_text_alone(text: str):
    """No clock is asked: what takes the square of a length would take minutes here."""
    assert len(inert(text * 100_000)) >= 0
