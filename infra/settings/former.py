"""Settings of 0.1 that have other names now: errors name the new ones."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.settings.imports import ImportSettings
from infra.settings.places import Places
from infra.settings.reports import ReportSettings

SECTIONS = {"stream": "streams: {users: {...}}, a name for each stream"}
"""Former section -> its replacement."""
_FIELDS = {"imports": (ImportSettings, "items"), "reports": (ReportSettings, "tables")}
"""Section that was a single pipeline -> its settings, and a name for the pipeline."""
_STREAM_FIELDS = {"watch": "mails: [{template: profile-changed, events: [MODIFY], changed: [...]}]"}


def mistakes(own: Mapping[str, Any], pipelines: Mapping[str, Any], places: Places) -> Iterator[str]:
    """Yields a line for each setting of 0.1 in either file."""
    for settings in (own, pipelines):
        for section, now in SECTIONS.items():
            if section in settings:
                yield f"{places.of((section,))}: is {now} since 0.2; CHANGELOG.md has each key"
        for section in _FIELDS:
            for key in _former_fields(section, settings.get(section)):
                name = _FIELDS[section][1]
                yield (
                    f"{places.of((section, key))}: is written {section}: {{{name}: {{{key}: ...}}}} since 0.2, with a "
                    "name for each pipeline"
                )
        streams = settings.get("streams")
        for name, stream in streams.items() if isinstance(streams, dict) else ():
            for key, now in _STREAM_FIELDS.items():
                if isinstance(stream, dict) and key in stream:
                    yield f"{places.of(('streams', name, key))}: is written {now} since 0.2"


def without(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Returns settings without those of 0.1, which would be reported twice otherwise."""
    kept = dict(settings)
    for section in _FIELDS:
        if former := set(_former_fields(section, kept.get(section))):
            kept[section] = {key: value for key, value in kept[section].items() if key not in former}
    if isinstance(streams := kept.get("streams"), dict):
        kept["streams"] = {
            name: {key: held for key, held in stream.items() if key not in _STREAM_FIELDS}
            if isinstance(stream, dict)
            else stream
            for name, stream in streams.items()
        }
    return kept


def _former_fields(section: str, value: Any) -> list[str]:
    """Returns the keys of a section that were settings of its only pipeline."""
    model, _ = _FIELDS[section]
    known = {field.alias for field in model.model_fields.values()}
    return [key for key in value if key in known] if isinstance(value, dict) else []
