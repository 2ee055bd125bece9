"""Mistakes in settings, in words: a line for each, with its key, what was found and what is allowed."""

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from infra.settings.places import Places


def mistakes(error: ValidationError, model: type[BaseModel], places: Places) -> Iterator[str]:
    """Yields a line for each mistake in the settings that a model describes."""
    for mistake in error.errors(include_url=False):
        key, fields = places.of(mistake["loc"]), ", ".join(_fields(model, mistake["loc"]))
        if mistake["type"] == "missing":
            yield f"{key}: missing; it has no default"
        elif mistake["type"] == "extra_forbidden":
            yield f"{key}: unknown; allowed: {fields}"
        elif mistake["type"] == "model_type":
            yield f"{key}: found {_shown(mistake['input'])}; allowed: an object of {fields}"
        elif mistake["type"] == "dict_type":
            yield f"{key}: found {_shown(mistake['input'])}; allowed: an object, with a name for each"
        else:
            yield f"{key}: found {_shown(mistake['input'])}; allowed: {_allowed(mistake)}"


def _allowed(mistake: ErrorDetails) -> str:
    if mistake["type"] == "too_short":
        return "at least one"
    if mistake["type"] == "string_too_short":
        return "a text that is not empty"
    return mistake["msg"].removeprefix("Value error, ").removeprefix("Input should be ")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."


def _fields(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """Returns the names of the fields of the object at this place, or of the object that contains it."""
    for part in location:
        field = next((field for name, field in model.model_fields.items() if part in (name, field.alias)), None)
        kinds = (field.annotation, *get_args(field.annotation)) if field else ()
        model = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), model)
    return [field.alias or name for name, field in model.model_fields.items()]
