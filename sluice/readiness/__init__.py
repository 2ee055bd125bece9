"""Whether a stack is ready: what only a person, the account or another environment can bring about."""

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
    """Looks at each matter; one that may not be looked at does not stop the others."""
    for name, check in _CHECKS.items():
        try:
            yield from check(target)
        except ClientError as error:
            yield unknown(name, f"AWS: {error}", "ask with credentials that may read this")
