"""`mail`: who mails are from, and who may get them."""

from typing import TYPE_CHECKING, Annotated, cast

from pydantic import Field, ValidationInfo, field_validator

from infra import mail_defaults, mail_from
from infra.settings.section import Section
from infra.settings.types import Address, AddressOrDomain, Domain, HostedZone, each_recipient_once, satisfying

if TYPE_CHECKING:  # settings are read without loading components
    from infra.mailer import MailerArgs


class MailSettings(Section):
    """`mail`: who mails are from, and who may get them."""

    sender: Address
    """The address that mails are from; required if anything is mailed. Without domain it must be able to receive mail,
    because SES sends it a link, and its mails are not aligned for DMARC.
    """
    from_name: Annotated[str, satisfying(mail_from.is_name, mail_from.NAMES)] = ""
    """The name that mail programs show in place of the address."""
    reply_to: Address | None = None
    """The address for replies; by default the sender."""
    domain: Domain | None = None
    """The sender's domain, to be verified; without it SES verifies the address itself."""
    create_identity: bool = mail_defaults.CREATE_IDENTITY
    """Whether the stack makes the SES identity; false: the account has it already."""
    hosted_zone: HostedZone = ""
    """The id of a Route 53 zone in which the DKIM, MAIL FROM and DMARC records of the domain are made."""
    enabled: bool = mail_defaults.ENABLED
    """Whether mails are sent; false: they are only counted."""
    templates: Annotated[str, Field(min_length=1)] = mail_defaults.TEMPLATES
    """The folder of the templates; each is a folder with subject.txt, body.txt and body.html."""
    only_to: Annotated[list[AddressOrDomain], each_recipient_once] = []
    """Addresses and domains that may be mailed; with [] all may."""

    def args(self) -> "MailerArgs":
        """Returns the arguments of a mailer that describe the sender."""
        names = ("sender", "from_name", "reply_to", "domain", "hosted_zone", "create_identity")
        return cast("MailerArgs", {name: value for name, value in self if name in names})

    @field_validator("domain")
    @classmethod
    def _domain_of_the_sender(cls, domain: str | None, fields: ValidationInfo) -> str | None:
        sender = fields.data.get("sender")
        if domain and sender and sender.rpartition("@")[2].lower() != domain.lower():
            raise ValueError(f"the domain of the sender {sender}, or none")
        return domain

    @field_validator("hosted_zone")
    @classmethod
    def _of_a_domain_that_is_made(cls, zone: str, fields: ValidationInfo) -> str:
        if zone and not fields.data.get("domain"):
            raise ValueError("a hosted zone only together with domain, whose records are created there")
        if zone and not fields.data.get("create_identity"):
            raise ValueError("a hosted zone only with createIdentity: the DKIM records are those of the identity")
        return zone
