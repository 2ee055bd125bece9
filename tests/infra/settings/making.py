"""Settings of a stack, and what is said of wrong ones."""

import json
from typing import Any

import pytest

from infra.settings import SettingsError, load

REQUIRED: dict[str, Any] = {
    "aws:region": "eu-north-1",
    "sluice:mail": {"sender": "no-reply@example.com"},
    "sluice:reports": {
        "tables": {
            "groups": [{"name": "RA", "prefix": "RA_", "label": "Augmented Reality"}],
            "recipients": ["team@example.com"],
        }
    },
}


ONLY = {"streams": "users", "imports": "items", "reports": "tables"}
"""Section -> the name of its only pipeline here."""


def settings(stack="dev", pipelines=None, **sections):
    """The settings of a valid stack in which some sections have these fields besides, or are something else.

    Fields of streams, imports and reports are those of the only pipeline of each kind.
    """
    config = {
        **REQUIRED,
        **{f"sluice:{section}": _with_required(section, value) for section, value in sections.items()},
    }
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    return load(texts, stack, pipelines)


def _with_required(section, value):
    known, name = REQUIRED.get(f"sluice:{section}", {}), ONLY.get(section)
    if not isinstance(value, dict):
        return value
    return {name: {**known.get(name, {}), **value}} if name else {**known, **value}


def mistakes(stack="dev", **sections):
    """What is reported, a line each."""
    with pytest.raises(SettingsError) as caught:
        settings(stack, **sections)
    first, *lines = str(caught.value).splitlines()
    assert first.startswith(f"the settings of stack {stack} have ")
    return [line.strip().removeprefix(f"Pulumi.{stack}.yaml: ") for line in lines]
