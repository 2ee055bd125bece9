"""How the tests of the documentation read a page of Markdown: fenced blocks, headings and links."""

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / f"{name}.md" for name in ("README", "CHANGELOG", "CONTRIBUTING", "SECURITY")),
    *sorted((ROOT / "docs").glob("*.md")),
]
"""The pages whose commands are those of this repository."""
EVERY = [*PAGES, *sorted((ROOT / "examples").glob("*/README.md")), ROOT / "package/README.md"]

_FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


class Block(NamedTuple):
    """A fenced block."""

    info: str
    """What stands behind the opening fence, such as `sh`."""
    body: str


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    found = _FENCE.finditer(text)
    return [Block(one["info"].strip(), re.sub(f"(?m)^{one['indent']}", "", one["body"])) for one in found]


def prose(text: str) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", text)


def links(text: str) -> list[str]:
    """Where the links of a page lead."""
    return _LINK.findall(prose(text))


def anchors(text: str) -> list[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    seen: Counter[str] = Counter()
    made = []
    for heading in _HEADING.findall(prose(text)):
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        made.append(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return made


def shell(info: str) -> list[tuple[str, str]]:
    """Page and line of each shell command in blocks of a kind: `sh` runs here, `sh aws` needs an account."""
    return [
        (page.name, line)
        for page in PAGES
        for block in blocks(page.read_text())
        if block.info == info
        for line in block.body.replace("\\\n", " ").splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    ]
