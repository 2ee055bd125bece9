"""The reporter's settings, read from its environment variables and checked once per cold start."""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from handlers.reporter import environment as names
from handlers.reporter.expectations import Expectation
from handlers.shared.variables import flag, flag_text

_T = TypeVar("_T")

_CHOICES = (names.ALWAYS, names.CHANGES, names.BREACHES, names.NEVER)
_PERSONAL = {names.RECIPIENTS, names.MAIL_ONLY_TO, names.MAIL_SENDER, names.MAIL_REPLY_TO}


class SettingsError(ValueError):
    """An environment variable is missing or malformed; the message says which, and what it should be."""


class Group(NamedTuple):
    """The tables whose names start with `prefix`, counted together."""

    name: str
    prefix: str
    label: str
    totals_table: str
    expect: Expectation | None = None


class Settings(NamedTuple):
    """The settings of one deployment; `environment` explains the fields.

    If mail is `never`, the other fields about mail are empty.
    """

    groups: tuple[Group, ...]
    mail: str
    recipients: tuple[str, ...]
    name_attribute: str
    date_attribute: str
    bucket: str
    environment: str
    read_units: float
    items_per_table: int
    history_days: int
    mail_enabled: bool
    mail_only_to: tuple[str, ...]
    mail_sender: str
    mail_reply_to: str
    mail_configuration_set: str


def read(environ: Mapping[str, str]) -> Settings:
    """Reads the settings.

    Raises:
        SettingsError: a variable is missing or malformed.
    """

    def value(name: str, parse: Callable[[str], _T], shape: str) -> _T:
        if name not in environ:
            raise SettingsError(f"{name} is not set: it should be {shape}")
        try:
            return parse(environ[name])
        except (ValueError, TypeError) as error:
            text = "not that" if name in _PERSONAL else repr(environ[name])
            raise SettingsError(f"{name} should be {shape}; it is {text}") from error

    mail = value(names.MAIL, _choice, ", ".join(_CHOICES))

    def of_mail(name: str, parse: Callable[[str], _T], shape: str, none: _T) -> _T:
        return none if mail == names.NEVER else value(name, parse, shape)

    return Settings(
        groups=value(names.GROUPS, _groups, "a JSON list of {name, prefix, label, totals_table}"),
        mail=mail,
        recipients=of_mail(names.RECIPIENTS, _strings, "a JSON list of addresses", ()),
        name_attribute=value(names.NAME_ATTRIBUTE, _filled, "an attribute's name"),
        date_attribute=value(names.DATE_ATTRIBUTE, _filled, "an attribute's name"),
        bucket=value(names.BUCKET, _filled, "a bucket's name"),
        environment=value(names.ENVIRONMENT, _filled, "the environment's name"),
        read_units=value(names.READ_UNITS, _at_least(1), "a whole number of 1 or more"),
        items_per_table=value(names.ITEMS_PER_TABLE, _at_least(0), "a whole number of 0 or more"),
        history_days=value(names.HISTORY_DAYS, _at_least(1), "a whole number of 1 or more"),
        mail_enabled=of_mail(names.MAIL_ENABLED, _flag, "true or false", False),
        mail_only_to=of_mail(names.MAIL_ONLY_TO, _strings, "a JSON list of addresses and domains", ()),
        mail_sender=of_mail(names.MAIL_SENDER, _filled, "a From header", ""),
        mail_reply_to=of_mail(names.MAIL_REPLY_TO, str, "an address or empty", ""),
        mail_configuration_set=of_mail(names.MAIL_CONFIGURATION_SET, _filled, "a configuration set's name", ""),
    )


def _groups(text: str) -> tuple[Group, ...]:
    return tuple(map(_group, _list(text)))


def _group(fields: dict[str, Any]) -> Group:
    expect = fields.get("expect")
    return Group(**{**fields, "expect": Expectation(**expect) if expect else None})


def _choice(text: str) -> str:
    if text not in _CHOICES:
        raise ValueError("no choice")
    return text


def _strings(text: str) -> tuple[str, ...]:
    values = _list(text)
    if not all(isinstance(value, str) for value in values):
        raise TypeError("not only strings")
    return tuple(values)


def _list(text: str) -> list[Any]:
    value = json.loads(text)
    if not isinstance(value, list):
        raise TypeError("not a list")
    return value


def _filled(text: str) -> str:
    if not text:
        raise ValueError("empty")
    return text


def _flag(text: str) -> bool:
    if text not in (flag_text(False), flag_text(True)):
        raise ValueError("no flag")
    return flag(text)


def _at_least(lowest: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        number = int(text)
        if number < lowest:
            raise ValueError(f"below {lowest}")
        return number

    return parse
