"""A program's `Pulumi.yaml`: its name, its settings, its code's location and the code's packages."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sluice import yaml_files

ROOT = Path(__file__).parents[3]
"""The checkout."""
FILE = "Pulumi.yaml"
DEFAULT_REGION = "us-east-1"
_ORGANIZATION = "organization"
_OTHERS = ("venv", "node_modules", "__pycache__")


class ProgramError(Exception):
    """The program cannot be run, or it failed; the message says why."""


def stacks(root: Path = ROOT) -> list[str]:
    """The stacks that have a file."""
    return sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in root.glob("Pulumi.*.yaml"))


def project_name(root: Path = ROOT) -> str:
    """The project's name.

    Raises:
        ProgramError: there is no `Pulumi.yaml`, or it has none.
    """
    name = _project(root).get("name")
    if not isinstance(name, str):
        raise ProgramError(f"{FILE} has no name: give the project one")
    return name


def full_name(stack: str, root: Path = ROOT) -> str:
    """The name by which other programs refer to a stack: `organization/project/stack`."""
    return f"{_ORGANIZATION}/{project_name(root)}/{stack}"


def configuration(stack: str, root: Path = ROOT) -> dict[str, str]:
    """The configuration of a stack as Pulumi would pass it: key -> text, objects as JSON, defaults filled in.

    Raises:
        ProgramError: there is no such stack, or one of the files is not YAML, or has a duplicate key or a secret.
    """
    name = project_name(root)
    if stack not in stacks(root):
        there = ", ".join(stacks(root)) or "none"
        raise ProgramError(f"no stack {stack}: there is no Pulumi.{stack}.yaml; there are {there}")
    declared = _project(root).get("config") or {}
    defaults = {key if ":" in key else f"{name}:{key}": _default(spec) for key, spec in declared.items()}
    settings = _document(root / f"Pulumi.{stack}.yaml").get("config") or {}
    for key, value in settings.items():
        if isinstance(value, dict) and value.keys() == {"secure"}:
            raise ProgramError(
                f"Pulumi.{stack}.yaml: {key} is a secret, which only Pulumi can read: "
                "give a stack for the embedded cloud a plain value"
            )
    left_out = {key: value for key, value in defaults.items() if value is not None}
    return {key: _text(value) for key, value in {**left_out, **settings}.items()}


def region(config: Mapping[str, str]) -> str:
    """The region of a stack with this configuration."""
    return config.get("aws:region", DEFAULT_REGION)


def is_own(name: str) -> bool:
    """Whether a name in a program's folder may be the program's own: not hidden, generated, or other people's code."""
    return not name.startswith(".") and name not in _OTHERS


def entry(root: Path) -> Path:
    """The file to run: `__main__.py` in the folder that `main` names, or the file that `main` names.

    Raises:
        ProgramError: it is not there, or the program is in another language.
    """
    project = _project(root)
    runtime = project.get("runtime")
    language = runtime.get("name") if isinstance(runtime, dict) else runtime
    if language not in (None, "python"):
        raise ProgramError(f"{FILE}: the runtime is {language}, and only Python programs are run here")
    main = root / str(project.get("main") or "")
    file = main / "__main__.py" if main.is_dir() else main
    if not file.is_file():
        raise ProgramError(f"{FILE}: there is no program {file}")
    return file


def packages(root: Path) -> Path | None:
    """The packages of the virtual environment that `Pulumi.yaml` names; None if this interpreter cannot use them."""
    runtime = _project(root).get("runtime")
    options = (runtime.get("options") or {}) if isinstance(runtime, dict) else {}
    if not options.get("virtualenv"):
        return None
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    found = root / str(options["virtualenv"]) / "lib" / version / "site-packages"
    return found if found.is_dir() else None


def _project(root: Path) -> dict[str, Any]:
    if not (root / FILE).is_file():
        raise ProgramError(f"{root} has no {FILE}: name the folder of a Pulumi program")
    return _document(root / FILE)


def _default(spec: Any) -> Any:
    """A setting's default; None if it has none."""
    if isinstance(spec, dict):
        return spec.get("default", spec.get("value"))
    return spec


def _document(path: Path) -> dict[str, Any]:
    """Returns the content of one of Pulumi's files."""
    try:
        document = yaml_files.read(path)
    except yaml_files.YamlError as error:
        raise ProgramError(str(error)) from None
    if not isinstance(document.get("config") or {}, dict):
        raise ProgramError(f"{path.name}: config is no object")
    return document


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
