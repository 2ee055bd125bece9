"""`mail`: who mails are from, and who may get them."""

from typing import TYPE_CHECKING, Annotated, cast

from pydantic import Field, ValidationInfo, field_validator

from infra import mail_defaults
from infra.settings.section import Section
from infra.settings.types import Address, AddressOrDomain, Domain, each_recipient_once

if TYPE_CHECKING:  # settings are read without waiting for a component
    from infra.mailer import MailerArgs


class MailSettings(Section):
    """`mail`: who mails are from, and who may get them."""

    sender: Address
    domain: Domain | None = None
    create_identity: bool = mail_defaults.CREATE_IDENTITY
    enabled: bool = mail_defaults.ENABLED
    templates: Annotated[str, Field(min_length=1)] = mail_defaults.TEMPLATES
    only_to: Annotated[list[AddressOrDomain], each_recipient_once] = []

    def args(self) -> "MailerArgs":
        """Returns the arguments of a mailer that say whom mails are from."""
        names = ("sender", "domain", "create_identity")
        return cast("MailerArgs", {name: value for name, value in self if name in names})

    @field_validator("domain")
    @classmethod
    def _domain_of_the_sender(cls, domain: str | None, fields: ValidationInfo) -> str | None:
        sender = fields.data.get("sender")
        if domain and sender and sender.rpartition("@")[2].lower() != domain.lower():
            raise ValueError(f"the domain of the sender {sender}, or none")
        return domain
