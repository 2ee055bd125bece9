"""`python -m sluice`, also with a Python that lacks what the commands need: then it says how to get it."""

import sys

_WAY_OUT = "run `make setup`, then use .venv/bin/python (or `. .venv/bin/activate` first)"
_OURS = ("sluice", "infra", "handlers")


def _run() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 whoever starts it decides
        sys.exit(f"Error: Sluice needs Python 3.11 or newer, and this is {sys.version.split()[0]}: {_WAY_OUT}")
    try:
        from sluice.cli import main

        main()
    except ModuleNotFoundError as error:
        if not error.name or error.name.split(".")[0] in _OURS:
            raise
        sys.exit(f"Error: {sys.executable} does not have the module {error.name}: {_WAY_OUT}")


_run()
