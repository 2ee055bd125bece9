"""Reads the settings of a stack: `pipelines.yaml`, overridden by the keys `sluice:*` of the stack's own file."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pulumi
import pulumi.runtime.config
from pydantic import ValidationError

from infra.settings import former
from infra.settings.mistakes import mistakes
from infra.settings.places import Places
from infra.settings.stack import Settings
from sluice import yaml_files

PIPELINES = "pipelines.yaml"
_SECTIONS = ("mail", "streams", "imports", "reports", "operations")


class SettingsError(Exception):
    """Some settings are wrong; the message names each with its file and key."""


def load(config: Mapping[str, Any], stack: str, pipelines: Mapping[str, Any] | None = None) -> Settings:
    """Validates all settings of a stack together.

    Args:
        config: The stack's configuration as Pulumi passes it: `namespace:key` -> text, objects as JSON.
        stack: The stack's name, which is the environment's.
        pipelines: The content of `pipelines.yaml`; None where there is no such file.

    Raises:
        SettingsError: There are mistakes; each is named with its file and key.
    """
    pipelines = pipelines or {}
    own = {key.removeprefix("sluice:"): _parsed(config[key]) for key in config if key.startswith("sluice:")}
    places = Places({"region": config["aws:region"], **own} if "aws:region" in config else own, pipelines, stack)
    problems = [*_unknown_sections(own, pipelines, places), *former.mistakes(own, pipelines, places)]
    merged = {
        section: _merged(pipelines.get(section), own.get(section, pipelines.get(section))) for section in _SECTIONS
    }
    sections = {
        section: value
        for section, value in former.without(merged).items()
        if value is not None and (section, value) != ("mail", {})  # Pulumi.yaml's default
    }
    region = {"region": config["aws:region"]} if "aws:region" in config else {}
    try:
        settings = Settings.model_validate({"environment": stack, **region, **sections})
    except ValidationError as error:
        problems += mistakes(error, Settings, places)
    else:
        problems += [f"{places.of(place)}: {mistake}" for place, mistake in settings.mistakes()]
        if not problems:
            return settings
    count = "a mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
    lines = "\n".join(f"  {problem}" for problem in problems)
    raise SettingsError(f"the settings of stack {stack} have {count}:\n{lines}")


def load_stack(root: Path) -> Settings:
    """Returns the settings of the stack that is being deployed.

    Args:
        root: The folder of the program, with `pipelines.yaml`.

    Raises:
        pulumi.RunError: There are mistakes; Pulumi shows them all, without a traceback.
    """
    config = {**pulumi.runtime.config.get_config_env(), **pulumi.runtime.config.CONFIG.get()}
    try:
        path = root / PIPELINES
        return load(config, pulumi.get_stack(), yaml_files.read(path) if path.exists() else {})
    except (SettingsError, yaml_files.YamlError) as error:
        raise pulumi.RunError(str(error)) from None


def _unknown_sections(own: Mapping[str, Any], pipelines: Mapping[str, Any], places: Places) -> Iterator[str]:
    for key in own:
        if key not in _SECTIONS and key not in former.SECTIONS:
            allowed = ", ".join(f"sluice:{section}" for section in _SECTIONS)
            yield f"{places.stack_file}: sluice:{key}: unknown; allowed: {allowed}"
    for key in pipelines:
        if key not in _SECTIONS and key not in former.SECTIONS:
            yield f"{PIPELINES}: {key}: unknown; allowed: {', '.join(_SECTIONS)}"


def _merged(base: Any, over: Any) -> Any:
    """Returns a value overridden by another: objects key by key, all else as a whole; null removes."""
    if not isinstance(over, dict):
        return over
    base = base if isinstance(base, dict) else {}
    merged = {key: _merged(base.get(key), over[key] if key in over else base[key]) for key in {**base, **over}}
    return {key: value for key, value in merged.items() if value is not None}


def _parsed(value: Any) -> Any:
    """Returns a section's value: Pulumi passes objects as JSON; all else is returned unchanged, to be refused."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return value
