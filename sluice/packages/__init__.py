"""Third-party packages of functions: what a `requirements.txt` pins, installed for Lambda or for this machine.

Functions that need none pay nothing for it: what installs is imported when it is needed.
"""

from pathlib import Path

UNPACKED_BYTES = 250 * 1024 * 1024
"""The most that a function's code may take: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html."""
UPLOAD_BYTES = 50 * 1024 * 1024
"""The most of it, zipped, that Lambda takes with a request; more comes from S3."""


CACHE = "packages"
"""Beside archives: packages as they were installed, each list of them once."""


def files_of(folder: Path) -> dict[str, Path]:
    """Returns the files of a folder and those below it, by their paths from there."""
    return {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}


class RequirementsError(Exception):
    """The packages of a function cannot be had; the message names the file and says why."""
