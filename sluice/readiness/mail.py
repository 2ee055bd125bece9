"""SES: may the stack send mails, to whom, and as many as its schedules need?"""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

from sluice.functions import Function, functions
from sluice.pipelines import pipelines
from sluice.readiness.finding import Finding, not_ready, only_aws_knows, ready
from sluice.schedules import Expression
from sluice.target import Target

_DOCS = "docs/first-deployment.md"
_DAY = timedelta(days=1)
_UNLIMITED = -1
_AT_MOST = ("changes", "breaches")
"""The conditions of reports that are not always mailed."""


def identity(target: Target) -> Iterator[Finding]:
    """Is the sender or its domain verified?"""
    sender = target.outputs.get("mail_sender")
    if not sender:
        yield ready("identity", "nothing is mailed")
    elif target.endpoint:
        yield only_aws_knows("identity", f"it treats {sender} as verified")
    elif _is_verified(target, sender):
        yield ready("identity", f"{sender} is verified")
    else:
        yield not_ready(
            "identity",
            f"{sender} is not verified: SES refuses its mails",
            f"open the link that SES mailed, or put the domain's DKIM records into its DNS: {_DOCS}",
        )


def sandbox(target: Target) -> Iterator[Finding]:
    """May the account mail people whose addresses are not verified, and send at all?"""
    senders = _mailing(target)
    if not senders:
        yield ready("sandbox", "nothing is mailed")
        return
    if target.endpoint:
        yield only_aws_knows("sandbox", "it mails everybody, into its outbox")
        return
    account = target.client("sesv2").get_account()
    if not account.get("SendingEnabled", True):
        yield not_ready(
            "sandbox", "SES has paused this account's mails", "see why in the SES console, Account dashboard"
        )
    elif account["ProductionAccessEnabled"]:
        yield ready("sandbox", "the account is out of SES's sandbox")
    else:
        yield _in_sandbox(target, senders)


def quota(target: Target) -> Iterator[Finding]:
    """Do the schedules mail less per day than SES allows?"""
    mails, is_most = _mails_a_day(target)
    told = f"the reports mail {'at most ' if is_most else ''}{mails:,} a day"
    if not mails:
        yield ready("quota", "no schedule mails")
        return
    if target.endpoint:
        yield only_aws_knows("quota", f"{told}; SES's sandbox takes 200")
        return
    account = target.client("sesv2").get_account()["SendQuota"]
    most = account["Max24HourSend"]
    detail = f"{told}, of {most:,.0f} that SES takes"
    if most == _UNLIMITED or mails <= most:
        yield ready("quota", detail if most != _UNLIMITED else f"{told}, and SES accepts any number")
    else:
        yield not_ready(
            "quota",
            f"{detail}: the rest is not mailed, and those runs fail",
            f"report less often (reports.<name>.every), or raise the quota: {_DOCS}#leave-the-sandbox",
        )


def _in_sandbox(target: Target, senders: list[dict[str, str]]) -> Finding:
    """In the sandbox a stack is ready if its `mail.onlyTo` has only verified addresses and domains."""
    only_to = [_listed(variables, "MAIL_ONLY_TO") for variables in senders]
    named = dict.fromkeys(name for names in only_to for name in names)
    unverified = [name for name in named if not _is_verified(target, name)]
    if all(only_to) and not unverified:
        return ready("sandbox", "the account is in SES's sandbox, and all of mail.onlyTo is verified")
    whom = ", ".join(unverified) if all(only_to) else "anybody whose address is not"
    return not_ready(
        "sandbox",
        f"the account is in SES's sandbox, which mails only verified addresses: not {whom}",
        f"ask for production access, or verify all of mail.onlyTo: {_DOCS}#leave-the-sandbox",
    )


def _is_verified(target: Target, name: str) -> bool:
    """Whether an address or its domain, or a domain itself, is verified."""
    ses = target.client("sesv2")
    for identity in dict.fromkeys((name, name.rpartition("@")[2])):
        with suppress(ses.exceptions.NotFoundException):
            if ses.get_email_identity(EmailIdentity=identity)["VerifiedForSendingStatus"]:
                return True
    return False


def _mailing(target: Target) -> list[dict[str, str]]:
    """The environment variables of the functions that mail."""
    found = [
        _variables(target, function) for function in functions(target) if function.role in ("notifier", "reporter")
    ]
    return [variables for variables in found if _is_mailing(variables)]


def _is_mailing(variables: dict[str, str]) -> bool:
    return variables.get("MAIL_ENABLED") == "true"


def _mails_a_day(target: Target) -> tuple[int, bool]:
    """How many mails a day the reports' schedules cause, and whether it may be fewer."""
    mails, is_most = 0, False
    reporters = {each.pipeline.name: each for each in functions(target) if each.role == "reporter"}
    for pipeline in pipelines(target, "reports"):
        variables = _variables(target, reporters[pipeline.name])
        if _is_mailing(variables):
            schedule = pipeline.client("scheduler").get_schedule(Name=pipeline["schedule_name"])
            own = _runs_a_day(schedule) * len(_listed(variables, "REPORT_RECIPIENTS"))
            mails += own
            is_most = is_most or (own > 0 and variables.get("REPORT_MAIL") in _AT_MOST)
    return mails, is_most


def _runs_a_day(schedule: dict[str, Any]) -> int:
    """How often a schedule fires on a day on which it fires, without the hour that daylight saving repeats."""
    if schedule["State"] != "ENABLED":
        return 0
    expression = Expression.parse(schedule["ScheduleExpression"])
    return max(1, _DAY // expression.interval) if expression.interval else len(expression.minutes)


def _variables(target: Target, function: Function) -> dict[str, str]:
    configuration = target.client("lambda").get_function_configuration(FunctionName=function.name)
    return configuration.get("Environment", {}).get("Variables", {})


def _listed(variables: dict[str, str], name: str) -> list[str]:
    return json.loads(variables.get(name) or "[]")
