"""`python -m sluice`, also with a Python that lacks the commands' dependencies.

In a checkout its own `.venv` then takes over, if there is one; elsewhere a message says how to install them.

Only modules that Python has already loaded are imported here: an import takes time in which Ctrl-C is not handled yet.
"""

import os
import sys

_CHECKOUT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_VENV = os.path.join(_CHECKOUT, ".venv")
_WAY_OUT = (
    "run `make setup`, then this again"
    if os.path.isfile(os.path.join(_CHECKOUT, "pyproject.toml"))
    else "install the tool with its extra: python -m pip install 'sluice-pipelines[cloud]'"
)
_OURS = ("sluice", "infra", "handlers")


def main() -> None:
    """Runs a command; Ctrl-C ends it at any time, also before the command has started."""
    try:
        _run()
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)  # noqa: T201 nothing else is loaded yet
        sys.exit(130)


def _run() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 whoever starts it decides
        _hand_over()
        sys.exit(f"Error: Sluice needs Python 3.11 or newer, and this is {sys.version.split()[0]}: {_WAY_OUT}")
    if sys.argv[1:] == ["--version"]:  # also where only the components are installed, without the tool's dependencies
        from sluice import __version__

        print(f"sluice {__version__}")  # noqa: T201 it is what was asked for
        return
    try:
        from sluice.cli import main

        main()
    except ModuleNotFoundError as error:
        if not error.name or error.name.split(".")[0] in _OURS:
            raise
        _hand_over()
        sys.exit(f"Error: {sys.executable} does not have the module {error.name}: {_WAY_OUT}")


def _hand_over() -> None:
    """Runs the command with the checkout's own Python instead, unless there is none, or it is this one."""
    python = os.path.join(_VENV, "bin", "python")
    if os.path.isfile(python) and os.path.realpath(sys.prefix) != os.path.realpath(_VENV):
        os.execv(python, [python, "-m", "sluice", *sys.argv[1:]])  # noqa: S606 no shell is wanted


if __name__ == "__main__":
    main()
