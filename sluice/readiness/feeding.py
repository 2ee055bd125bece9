"""The functions' sources: does each mapping and each schedule exist, enabled and without a problem?"""

from collections.abc import Iterator

from sluice.functions import functions
from sluice.mappings import Mapping, mappings
from sluice.pipelines import pipelines
from sluice.readiness.finding import Finding, not_ready, ready
from sluice.status import ENABLED
from sluice.target import Target
from sluice.terminal import plural

_RESTORE = "`pulumi up --refresh` creates it again; locally, `python -m sluice down` and `up`"


def fed(target: Target) -> Iterator[Finding]:
    """Is each mapping enabled, and did its last batch succeed?"""
    found = mappings(target)
    problems = (_problem(mapping, target.options) for mapping in found)
    bad = [*filter(None, problems), *_missing(target, found)]
    yield from bad
    if not bad:
        yield ready("mappings", f"{plural(len(found), 'mapping')} enabled")


def scheduled(target: Target) -> Iterator[Finding]:
    """Is each report's schedule enabled?"""
    reports = pipelines(target, "reports")
    bad = 0
    for report in reports:
        scheduler, name = report.client("scheduler"), report["schedule_name"]
        try:
            state = scheduler.get_schedule(Name=name)["State"]
        except scheduler.exceptions.ResourceNotFoundException:
            bad += 1
            yield not_ready("schedules", f"{report}: its schedule {name} is gone", _RESTORE)
            continue
        if state != "ENABLED":
            bad += 1
            yield not_ready(
                "schedules",
                f"{report}: its schedule {name} is {state.lower()}",
                f"`python -m sluice report --pipeline {report.name} --enable{target.options}`",
            )
    if not bad:
        yield ready("schedules", f"{plural(len(reports), 'schedule')} enabled")


def _problem(mapping: Mapping, options: str) -> Finding | None:
    who = f"{mapping.function} ({mapping.id})"
    if mapping.state == "Disabled":
        enable = f"aws lambda update-event-source-mapping --uuid {mapping.id} --enabled"
        return not_ready("mappings", f"{who} is disabled: nothing reaches the function", f"`{enable}`")
    if mapping.state != ENABLED:
        return not_ready(
            "mappings", f"{who} is {mapping.state.lower() or 'in no state'}", "wait a minute, and look again"
        )
    if mapping.last_processing_result.startswith("PROBLEM"):
        seen = f"`python -m sluice logs {mapping.function}{options}` says why"
        return not_ready("mappings", f"{who}: {mapping.last_processing_result}", seen)
    return None


def _missing(target: Target, found: list[Mapping]) -> Iterator[Finding]:
    """Mappings in the outputs that Lambda does not have, and importers without a mapping."""
    ids = {mapping.id for mapping in found}
    for stream in pipelines(target, "streams"):
        for table in stream["tables"]:
            for role in ("archiver", "notifier"):
                id_ = table.get(f"{role}_mapping_id")
                if id_ and id_ not in ids:
                    yield not_ready("mappings", f"{stream.name}/{role}: its mapping {id_} is gone", _RESTORE)
    names = {mapping.function_name for mapping in found}
    for function in functions(target):
        if function.role == "importer" and function.name not in names:
            yield not_ready("mappings", f"{function.short}: its mapping is gone", _RESTORE)
