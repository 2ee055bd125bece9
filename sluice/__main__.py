"""`python -m sluice`, also with a Python that lacks what the commands need: then it says how to get it."""

import sys
from pathlib import Path

_CHECKOUT = Path(__file__).parents[1]
_WAY_OUT = (
    "run `make setup`, then use .venv/bin/python (or `. .venv/bin/activate` first)"
    if (_CHECKOUT / "pyproject.toml").is_file()
    else "install `sluice-pipelines[cloud]`, which has the tool, in place of `sluice-pipelines`"
)
_OURS = ("sluice", "infra", "handlers")


def main() -> None:
    """Runs a command."""
    if sys.version_info < (3, 11):  # noqa: UP036 whoever starts it decides
        sys.exit(f"Error: Sluice needs Python 3.11 or newer, and this is {sys.version.split()[0]}: {_WAY_OUT}")
    if sys.argv[1:] == ["--version"]:  # of the components too, where nothing of the tool is installed
        from sluice import __version__

        print(f"sluice {__version__}")  # noqa: T201 it is what was asked for
        return
    try:
        from sluice.cli import main

        main()
    except ModuleNotFoundError as error:
        if not error.name or error.name.split(".")[0] in _OURS:
            raise
        sys.exit(f"Error: {sys.executable} does not have the module {error.name}: {_WAY_OUT}")


if __name__ == "__main__":
    main()
