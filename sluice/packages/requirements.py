"""Reads a `requirements.txt` whose packages are pinned with hashes, for one platform.

The format is pip's: https://pip.pypa.io/en/stable/reference/requirements-file-format/. Environment markers are
evaluated here, because pip evaluates them for the interpreter that runs it, whatever platform it downloads for.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

from packaging.requirements import InvalidRequirement, Requirement

from sluice.packages import RequirementsError

_OPTION = re.compile(r"\s--?[a-z]")
_COMMENT = re.compile(r"(^|\s)#.*$")
_INDEX_OPTIONS = ("-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--no-index", "--trusted-host")
_REMEDY = "`uv pip compile --generate-hashes` and `pip-compile --generate-hashes` write such files"


def pinned(file: Path, markers: Mapping[str, str] | None) -> list[str]:
    """Returns the lines of a requirements file that apply to a platform, without their markers.

    Args:
        file: The `requirements.txt`.
        markers: The values of environment markers, such as `sys_platform`; None for this interpreter's.

    Raises:
        RequirementsError: A line is neither a pinned requirement with a hash nor an option for the package index.
    """
    lines: list[str] = []
    for number, line in _logical_lines(file.read_text("utf-8-sig")):
        if line.startswith("-"):
            if line.replace("=", " ").split()[0] not in _INDEX_OPTIONS:
                raise RequirementsError(f"{file}, line {number}: {line!r} is not for functions: name each package here")
            lines.append(line)
        elif requirement := _pinned(line, f"{file}, line {number}", markers):
            lines.append(requirement)
    return lines


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """The non-empty lines, each with its number, joined at backslashes and without comments."""
    line, begun_at = "", 0
    for number, physical in enumerate(text.splitlines(), 1):
        begun_at = begun_at if line else number
        line += _COMMENT.sub("", physical)
        if line.endswith("\\"):
            line = line[:-1] + " "
            continue
        if line.strip():
            yield begun_at, line.strip()
        line = ""
    if line.strip():
        yield begun_at, line.strip()


def _pinned(line: str, place: str, markers: Mapping[str, str] | None) -> str:
    """The requirement without its marker; empty if the marker does not apply."""
    specifier, hashes = _split(line)
    try:
        requirement = Requirement(specifier)
    except InvalidRequirement as error:
        raise RequirementsError(f"{place}: {specifier!r} is no requirement: {str(error).splitlines()[0]}") from None
    versions = list(requirement.specifier)
    if requirement.url or len(versions) != 1 or versions[0].operator != "==" or versions[0].version.endswith("*"):
        raise RequirementsError(f"{place}: {requirement.name} is not pinned to one version by ==; {_REMEDY}")
    if not hashes:
        raise RequirementsError(f"{place}: {requirement.name} has no --hash; {_REMEDY}")
    if requirement.marker and not requirement.marker.evaluate(cast("dict[str, str]", markers)):
        return ""
    return " ".join([f"{requirement.name}{requirement.specifier}", *hashes])


def _split(line: str) -> tuple[str, list[str]]:
    options = _OPTION.search(line)
    if not options:
        return line, []
    return line[: options.start()].strip(), [part for part in line[options.start() :].split() if "--hash=" in part]
