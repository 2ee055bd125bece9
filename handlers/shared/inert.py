r"""Makes other people's texts safe for a mail: nothing in them becomes a link, a header or another text.

Mail readers make links by their own rules, and not only of working addresses: `www.x`, `evil.example/login`,
`\\server\share`. So only the shape decides here, not a list of schemes and domains: a space is added after a dot, a
colon or an at sign, unless that is part of a number, a time or initials, or ends a sentence. A character without width
would look better, but some readers ignore those.
"""

import re
from functools import cache

_DOTS = ".\u2024\u3002\ufe12\ufe52\uff0e\uff61"  # full stops to Unicode and IDNA; likewise the colons below
_MARKS = _DOTS + ":\ufe13\ufe55\uff1a@\ufe6b\uff20"
_SLASHES = r"/\\\uff0f\ufe68\uff3c"
_CLOSING = r""",;!?)\]}"'’”»…-"""

_REGIONAL_FLAG = "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f"  # such as Scotland's
# Letters and symbols to Unicode, but spaces to the eye: Hangul's fillers, Braille's blank.
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0\U0001d159\U00016fe4"
# Invisible too, but parts of words in Persian and Mongolian, of Han characters and of emoji.
_JOINERS = "\u200c\u200d"
_VARIANTS = "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"

# Hardly any name has one of these; others skip the rest. Invisible characters that are not printable are not listed.
_DOUBTFUL = re.compile(rf"[{_MARKS}](?=\S)|[=\u034f\u17b4\u17b5{_BLANKS}{_SLASHES}{_VARIANTS}]")


def inert(text: str) -> str:
    """Returns another person's text made safe for a mail.

    It is one line without controls, directions, links and encoded words; `""` if nothing of it is visible.
    """
    text = " ".join(text.split())
    if text.isascii() and text.replace(" ", "").isalnum():  # most names, in a third of the time
        return text
    if text.isprintable() and not _DOUBTFUL.search(text):
        return text
    unseen, loose, risky = _patterns()
    text = "".join([char if _is_shown(char) else " " for char in unseen.sub(r"\1", text)])
    return risky.sub(_parted, " ".join(loose.sub("", text).split()))


def _is_shown(character: str) -> bool:
    if character.isprintable():
        return character not in _BLANKS
    return character in _JOINERS or "\U000e0020" <= character <= "\U000e007f"  # a flag's; others were removed before


def _parted(risk: re.Match[str]) -> str:
    if not risk[1]:
        return risk[0] + " "
    return risk[0] if risk[0].isascii() or not _grows(risk[0]) else re.sub(rf"[{_MARKS}]", r"\g<0> ", risk[0])


def _grows(initials: str) -> bool:
    """Tells whether a letter stands for several, like the ligature of `fi`: readers may split it."""
    import unicodedata  # only for initials outside ASCII

    return len(unicodedata.normalize("NFKC", initials)) > len(initials)


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Returns patterns of what is always dropped, what is dropped unless it joins something, and what is split."""
    unseen = (  # soft hyphens, directions and the like, which do not separate words
        f"({_REGIONAL_FLAG})|[\u00ad\u034f\u061c\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
        "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
    )
    joined = rf"[^\x00-\x7f{_MARKS}{_SLASHES}]"
    loose = rf"""
        (?<![^\s{_MARKS}{_SLASHES}]) [{_JOINERS}{_VARIANTS}]+
        | (?<!{joined}) [{_JOINERS}]+ | [{_JOINERS}]++ (?!{joined})
    """
    risky = rf"""
        (  # numbers, versions and times; initials
            (?<![\w{_MARKS}]) (?:v|V|\d{{4}}-\d\d-\d\dT)? \d++ (?::\d++)*+ (?:[{_DOTS}]\d++){{0,2}}+ (?![{_DOTS}:]?\d)
            | (?<![\w{_DOTS}]) [^\W\d_] (?:\.-?[^\W\d_])+ (?=[\s.:{_CLOSING}]|$)
        )
        | (?<=[^\s{_MARKS}]) [{_MARKS}]++ (?! [{_CLOSING}]*+ (?:\s|$) )
        | (?<![{_SLASHES}]) [{_SLASHES}]{{2,}}+ (?! [{_CLOSING}]*+ (?:\s|$) )
        | = (?=\?)  # the beginning of an encoded word
    """
    return re.compile(unseen), re.compile(loose, re.VERBOSE), re.compile(risky, re.VERBOSE)
