"""Whether a stack is ready: checks what depends on a person, the account or another environment."""

from collections.abc import Callable, Iterable, Iterator

from botocore.exceptions import ClientError

from sluice.readiness.alarms import subscriptions
from sluice.readiness.feeding import fed, scheduled
from sluice.readiness.finding import Finding, unknown
from sluice.readiness.mail import identity, quota, sandbox
from sluice.readiness.prefixes import prefixes
from sluice.target import Target

_CHECKS: dict[str, Callable[[Target], Iterable[Finding]]] = {
    "identity": identity,
    "sandbox": sandbox,
    "quota": quota,
    "alarms": subscriptions,
    "mappings": fed,
    "schedules": scheduled,
    "prefixes": prefixes,
}


def findings(target: Target) -> Iterator[Finding]:
    """Runs all checks; one that is not permitted does not stop the others."""
    for name, check in _CHECKS.items():
        try:
            yield from check(target)
        except ClientError as error:
            yield unknown(name, f"AWS: {error}", "ask with credentials that may read this")
