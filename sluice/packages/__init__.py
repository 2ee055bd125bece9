"""Third-party packages of functions: what a `requirements.txt` pins, installed for Lambda or for this machine.

Functions without packages pay nothing for it: the installer is imported when it is needed.
"""

from pathlib import Path

UNPACKED_BYTES = 250 * 1024 * 1024
"""The most that a function's code may take: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html."""
UPLOAD_BYTES = 50 * 1024 * 1024
"""The largest zip that Lambda takes in a request; a larger one comes from S3."""


CACHE = "packages"
"""A folder beside archives for installed packages, once for each list of them."""


def files_of(folder: Path) -> dict[str, Path]:
    """Returns the files of a folder and its subfolders, by their relative paths."""
    return {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}


class RequirementsError(Exception):
    """The packages of a function cannot be installed; the message names the file and says why."""
