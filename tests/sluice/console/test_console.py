from contextlib import suppress
from pathlib import Path

from sluice.console.console import Console
from sluice.console.feed import Feed
from sluice.target import Target


def console(target=None):
    return Console("local", target or Target({}, "http://127.0.0.1:9"), Path("/src"), Feed())


def test_what_several_pages_ask_is_asked_once(monkeypatch):
    shown, asked = console(), []
    for _ in range(3):
        assert shown.remembered("what", lambda target: asked.append(target) or len(asked)) == 1
    assert asked == [shown.target]


def test_after_a_while_it_is_asked_again(monkeypatch):
    shown, now, asked = console(), [100.0], []
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    ask = lambda _: asked.append(1) or len(asked)  # noqa: E731
    assert [shown.remembered("what", ask), shown.remembered("what", ask)] == [1, 1]
    now[0] += 1
    assert shown.remembered("what", ask) == 2


def test_after_something_was_done_it_is_asked_again():
    shown, asked = console(), []
    ask = lambda _: asked.append(1) or len(asked)  # noqa: E731
    shown.remembered("what", ask)
    shown.forget()
    assert shown.remembered("what", ask) == 2


def test_a_question_that_failed_is_asked_again():
    shown, answers = console(), iter([OSError(), "answer"])

    def ask(_):
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    with suppress(OSError):
        shown.remembered("what", ask)
    assert shown.remembered("what", ask) == "answer"


def test_a_stack_that_was_changed_is_the_one_that_is_asked():
    shown, other = console(), Target({"contract": 2}, "http://127.0.0.1:9")
    shown.remembered("what", lambda target: target)
    shown.follow(other)
    assert shown.remembered("what", lambda target: target) is other


def test_the_first_pages_find_the_clients_made():
    made = []

    class Counting(Target):
        def client(self, service):
            made.append(service)
            raise ConnectionError

    console(Counting({}, "http://127.0.0.1:9")).prepare()  # nobody answers: the pages will say so
    assert made == ["dynamodb"]
    target = Target({"region": "eu-north-1"}, "http://127.0.0.1:9")
    console(target).prepare()
    assert {"dynamodb", "lambda", "logs", "s3", "sqs"} <= target._clients.keys()


def test_a_stack_in_aws_is_only_looked_at():
    assert console(Target({"region": "eu-north-1"})).is_read_only
    assert not console().is_read_only


def test_the_newest_notices_are_kept():
    shown = console()
    numbers = [shown.keep_notice(str(each)) for each in range(150)]
    assert shown.notice(numbers[-1]) == "149"
    assert shown.notice(numbers[50]) == "50"
    assert shown.notice(numbers[49]) == ""
    assert shown.notice("none") == ""
