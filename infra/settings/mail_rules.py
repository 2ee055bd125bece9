"""A mail rule in the settings: `streams.<name>.mails[]`."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from infra import mail_rule_mistakes
from infra.filters import EventName
from infra.mail_rules import MailRule
from infra.settings.section import Section

_FIELDS = {"to_attribute": "to", "to_addresses": "to"}
"""Field of a rule -> its name in the settings, where that differs."""


def _recipients(value: Any) -> Any:
    if not isinstance(value, str | list):
        raise ValueError("the name of an attribute that holds the address, or a list of e-mail addresses")
    return value


def _values(value: Any) -> Any:
    attributes = value.values() if isinstance(value, Mapping) else value
    if not isinstance(value, Mapping | list) or not all(isinstance(attribute, str) for attribute in attributes):
        raise ValueError("a list of attributes, or for each variable an attribute")
    return value


def _conditions(value: Any) -> Any:
    if not isinstance(value, Mapping) or not all(isinstance(values, list) for values in value.values()):
        raise ValueError("for each attribute a list of texts, numbers, booleans, or null for missing")
    return value


def _detail(mistake: mail_rule_mistakes.Mistake) -> InitErrorDetails:
    field, *rest = mistake.path
    text = PydanticCustomError("rule", "{text}", {"text": mistake.allowed})
    return {"type": text, "loc": (_FIELDS.get(field, field), *rest), "input": mistake.found}


class MailRuleSettings(Section):
    """One rule: which changes send which mail to whom. Each record that matches sends one mail to each address."""

    template: str = Field(description="The template: a folder with subject.txt, body.txt and body.html.")
    events: list[EventName] = Field(description="The kinds of change: INSERT, MODIFY, REMOVE.")
    changed: list[str] | None = Field(
        None,
        description="Attributes of which at least one has to change for a MODIFY to match; by default any change does.",
    )
    to: Annotated[str | list[str] | None, BeforeValidator(_recipients)] = Field(
        None,
        description="The attribute that holds the address (addressAttribute by default), or a list of fixed addresses.",
    )
    where: Annotated[dict[str, list[Any]], BeforeValidator(_conditions)] = Field(
        {},
        description="Attributes and the values that each may have: texts, numbers, booleans, null for missing. All of "
        "them have to match the item after the change, or before it for a REMOVE.",
    )
    values: Annotated[list[str] | dict[str, str], BeforeValidator(_values)] = Field(
        {},
        description="What the template shows besides name and changes: attributes, or variables with their attributes.",
    )

    @model_validator(mode="wrap")
    @classmethod
    def _can_match(cls, value: Any, validate: ModelWrapValidatorHandler["MailRuleSettings"]) -> "MailRuleSettings":
        rule = validate(value)
        mistakes = mail_rule_mistakes.of(rule.args(), None)
        if mistakes:
            details = [_detail(mistake) for mistake in mistakes]
            raise ValidationError.from_exception_data(cls.__name__, details)
        return rule

    def args(self) -> MailRule:
        """Returns the rule as components take it."""
        rule: MailRule = {"template": self.template, "events": list(self.events)}
        if self.changed is not None:
            rule["changed"] = self.changed
        if self.where:
            rule["where"] = self.where
        if isinstance(self.to, str):
            rule["to_attribute"] = self.to
        elif self.to is not None:
            rule["to_addresses"] = self.to
        if self.values:
            rule["values"] = self.values if isinstance(self.values, dict) else {name: name for name in self.values}
        return rule
