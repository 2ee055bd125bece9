"""The DNS records that verify a domain for mail and make its mails trusted, in a Route 53 hosted zone."""

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from infra.component import Component
from infra.iam import region_of

_TOKENS = 3
"""How many DKIM keys SES gives a domain."""
_TTL_SECONDS = 1800
_REGIONS_WITH_DKIM_OF_THEIR_OWN = frozenset(
    {
        *("af-south-1", "ap-northeast-3", "ap-south-2", "ap-southeast-3", "ap-southeast-5", "ca-west-1"),
        *("eu-central-2", "eu-south-1", "il-central-1", "me-central-1", "us-gov-east-1"),
    }
)
"""Regions whose DKIM host contains the region's name: https://docs.aws.amazon.com/general/latest/gr/ses.html"""


def dkim_host(region: str) -> str:
    """Returns the host that a region's DKIM records point to."""
    return f"dkim.{region}.amazonses.com" if region in _REGIONS_WITH_DKIM_OF_THEIR_OWN else "dkim.amazonses.com"


class MailRecordsArgs(TypedDict):
    """Which domain, in which zone."""

    domain: str
    zone_id: str
    """The hosted zone of the domain's records."""


class MailRecords(Component):
    """The DNS records of the domain of a mail's sender (`sluice:index:MailRecords`).

    It makes:

    - DKIM: three records by which SES verifies the domain and receivers verify its signatures;
    - MAIL FROM: `mail.<domain>` as the domain that bounces go to, with MX and SPF records, so that SPF is aligned;
    - DMARC: a policy that requests no action yet (`p=none`).

    An existing record is not overwritten: the deployment fails and names it.
    """

    def __init__(
        self,
        name: str,
        args: MailRecordsArgs,
        identity: aws.sesv2.EmailIdentity,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Makes the records.

        Args:
            name: Its resources are named after it.
            args: Which domain, in which zone.
            identity: The domain's SES identity.
            opts: Options, as for every resource.
        """
        super().__init__("sluice:index:MailRecords", name, None, opts)
        self._zone_id, domain = args["zone_id"], args["domain"]
        mail_from, region = f"mail.{domain}", region_of(identity.arn)
        host = region.apply(dkim_host)
        for number in range(_TOKENS):
            token = identity.dkim_signing_attributes.apply(lambda dkim, number=number: (dkim.tokens or [])[number])
            self._create_record(
                f"dkim-{number + 1}",
                pulumi.Output.concat(token, f"._domainkey.{domain}"),
                "CNAME",
                pulumi.Output.concat(token, ".", host),
            )
        self._create_record(
            "mail-from-mx", mail_from, "MX", pulumi.Output.concat("10 feedback-smtp.", region, ".amazonses.com")
        )
        self._create_record("mail-from-spf", mail_from, "TXT", "v=spf1 include:amazonses.com ~all")
        self._create_record("dmarc", f"_dmarc.{domain}", "TXT", "v=DMARC1; p=none;")
        aws.sesv2.EmailIdentityMailFromAttributes(
            f"{name}-mail-from",
            email_identity=identity.email_identity,
            mail_from_domain=mail_from,
            behavior_on_mx_failure="USE_DEFAULT_VALUE",  # until SES finds the MX record, MAIL FROM is amazonses.com
            opts=self._child(),
        )
        self.register_outputs({"mailFromDomain": mail_from})

    def _create_record(self, kind: str, name: pulumi.Input[str], type_: str, value: pulumi.Input[str]) -> None:
        aws.route53.Record(
            f"{self._name}-{kind}",
            zone_id=self._zone_id,
            name=name,
            type=type_,
            ttl=_TTL_SECONDS,
            records=[value],
            opts=self._child(),
        )
