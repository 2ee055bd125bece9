from sluice.console.function_logs import FunctionLog
from sluice.functions import Function
from sluice.log_entries import Entry


def log_of(*entries):
    log = FunctionLog(Function(None, "notifier", "notifier-1"))
    for entry in entries:
        log.add(entry)
    return log


def summary(request, **counts):
    return Entry("2026-11-28T00:00:00Z", "users/notifier", "summary", request, summary=counts)


def error(request):
    return Entry("2026-11-28T00:00:00Z", "users/notifier", "error", request, "ValueError: no")


def test_summaries_are_added_up():
    log = log_of(summary("1", MailsSent=2, skipped={"no_address": 1}), summary("2", MailsSent=3, told=True))
    assert log.totals == {"MailsSent": 5}
    assert (log.invocations, log.errors) == (2, 0)


def test_an_invocation_that_failed_counts_once_whether_or_not_it_had_a_summary():
    log = log_of(summary("1", MailsSent=2), error("1"), error("2"))
    assert (log.invocations, log.errors) == (2, 2)


def test_an_invocation_that_says_nothing_counts_as_soon_as_it_has_begun():
    log = log_of(summary("1", MailsSent=2))
    log.calls.begin({"1", "2"})
    assert (log.invocations, log.errors) == (2, 0)


def test_the_usual_duration_is_the_median():
    assert log_of().usual_duration is None
    log = log_of(*(summary(str(each), Duration=each) for each in (9, 1, 2)))
    assert log.usual_duration == 2


def test_the_newest_entries_are_kept_and_all_counted():
    log = log_of(*(summary(str(each), MailsSent=1) for each in range(1500)))
    assert (len(log.entries), log.invocations, log.totals["MailsSent"]) == (1000, 1500, 1500)
