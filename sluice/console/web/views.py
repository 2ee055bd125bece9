"""How a document is viewed: in light or dark, and as wide as a desktop or a phone."""

from typing import NamedTuple
from urllib.parse import urlencode

from starlette.requests import Request

_LOOKS = ("light", "dark")
_WIDTHS = ("desktop", "phone")


class View(NamedTuple):
    """How a document is viewed, with the page's other query parameters."""

    look: str
    width: str
    others: tuple[tuple[str, str], ...]
    """The other query parameters, such as the part of a mail."""

    @property
    def choices(self) -> list[tuple[str, list[tuple[str, str, bool]]]]:
        """The choices: name of a question, and its answers, each with its address and whether it is chosen."""
        return [
            ("Look", [(look, self.address(look=look), look == self.look) for look in _LOOKS]),
            ("Width", [(width, self.address(width=width), width == self.width) for width in _WIDTHS]),
        ]

    def address(self, **changes: str) -> str:
        """Returns the query of the page with changes."""
        return "?" + urlencode({**dict(self.others), "look": self.look, "width": self.width, **changes})


def view_of(request: Request) -> View:
    """Returns the view that a request asks for: by default light and as wide as a desktop."""
    asked = dict(request.query_params)
    look, width = asked.pop("look", ""), asked.pop("width", "")
    asked.pop("notice", None)
    return View(look if look in _LOOKS else _LOOKS[0], width if width in _WIDTHS else _WIDTHS[0], tuple(asked.items()))
