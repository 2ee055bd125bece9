"""Pages in the browser for untrusted documents: rendered, but inert: they run and load nothing."""

import webbrowser
from collections.abc import Mapping
from html import escape
from pathlib import Path

from sluice import state
from sluice.private import make_private, private
from sluice.target import Target

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
"""The frame inherits it: no script, no image from elsewhere that would tell that a mail was opened."""
_STYLE = """
html, body { height: 100%; margin: 0 }
body { display: flex; flex-direction: column; font: 15px/1.5 system-ui, sans-serif; color: #1f2328; background: #fff }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1em; margin: 1em 1.5em }
dt { color: #59636e } dd { margin: 0; overflow-wrap: anywhere }
iframe { flex: 1; min-height: 20em; border: 0; border-top: 1px solid #d1d9e0 }
pre { margin: 0; padding: 1em 1.5em; border-top: 1px solid #d1d9e0; white-space: pre-wrap; overflow-wrap: anywhere }
"""


def page(title: str, html: str, facts: Mapping[str, str] | None = None, text: str = "") -> str:
    """Returns a page that shows a document in a frame without any rights.

    Args:
        title: The page's title.
        html: The document.
        facts: Facts shown above it, name -> value, such as a mail's addresses.
        text: The same document as text, shown below it.
    """
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in (facts or {}).items())
    above = f"<dl>{rows}</dl>" if rows else ""
    frame = f'<iframe sandbox title="{escape(title)}" srcdoc="{escape(html)}"></iframe>' if html else ""
    below = f"<pre>{escape(text)}</pre>" if text else ""
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<meta name="referrer" content="no-referrer"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style><body>{above}{frame}{below}</body></html>\n"
    )


def open_page(folder: Path, name: str, content: str) -> tuple[Path, bool]:
    """Writes a page for its owner alone and shows it in the browser.

    Returns:
        The page's path, and whether there was a browser.
    """
    make_private(folder)
    path = folder / name
    path.unlink(missing_ok=True)  # never written through an existing link
    with open(path, "x", opener=private, encoding="utf-8", errors="backslashreplace") as file:
        file.write(content)
    return path, webbrowser.open(path.as_uri())


def folder_of(target: Target) -> Path:
    """Returns the folder of a stack's pages: that of a running stack goes with it; stacks in AWS share one folder."""
    root = state.checkout()
    of_running = [state.place_of(root, one.stack) for one in state.running(root) if one.endpoint == target.endpoint]
    return (of_running[0] if of_running else root / state.FOLDER) / "pages"
