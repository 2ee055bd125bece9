"""All rules, and the check of a stack against them."""

from policies import access, encryption, loops, monitoring, plaintext, protection, reliability, resource_types, runtimes
from policies.model import Rule, Stack, Violation

RULES: tuple[Rule, ...] = (
    resource_types.type_known,
    resource_types.tagged,
    encryption.bucket_encrypted,
    encryption.queue_encrypted,
    encryption.alarm_topic_key,
    encryption.tls_only,
    encryption.mail_over_tls,
    access.bucket_private,
    access.no_public_access,
    access.no_public_function,
    access.no_wildcard,
    access.keys_through_a_service,
    access.no_managed_policy,
    plaintext.no_plaintext_secret,
    reliability.failure_destination,
    reliability.failure_permitted,
    reliability.bounded_mapping,
    reliability.bounded_redrive,
    reliability.bounded_invocations,
    reliability.bounded_function,
    reliability.queue_waits,
    reliability.bucket_notifies,
    loops.no_write_loop,
    loops.recursion_guarded,
    monitoring.log_retention,
    monitoring.log_group_owned,
    monitoring.function_alarms,
    monitoring.stream_alarms,
    monitoring.queue_alarms,
    monitoring.silence_alarms,
    monitoring.alarm_tells,
    monitoring.alarm_heard,
    monitoring.traced,
    monitoring.mail_events,
    monitoring.topic_publishers,
    protection.recoverable,
    protection.protected,
    runtimes.runtime_supported,
)


def violations(stack: Stack) -> list[Violation]:
    """Returns all violations of a stack, in the order of the rules."""
    return [violation for rule in RULES for violation in rule.violations(stack)]
