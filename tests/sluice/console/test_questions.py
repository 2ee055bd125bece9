import threading
import time

import pytest

from sluice.console.questions import Questions


def soon(questions, asks, age=60.0, seconds=5.0):
    return questions.answers(asks, age, time.monotonic() + seconds)


def test_what_is_answered_in_time_is_there_and_the_rest_comes_later():
    questions, goes_on = Questions(), threading.Event()
    asks = {"quick": lambda: 1, "slow": lambda: goes_on.wait(10) and 2}
    assert questions.answers(asks, 60, time.monotonic() + 0.05) == {"quick": 1, "slow": None}
    goes_on.set()
    assert soon(questions, asks) == {"quick": 1, "slow": 2}


def test_an_answer_counts_for_a_while_and_is_asked_for_once_by_all_who_wait():
    questions, asked = Questions(), []
    ask = {"what": lambda: asked.append(1) or len(asked)}
    assert [soon(questions, ask)["what"] for _ in range(3)] == [1, 1, 1]
    questions.forget()
    assert soon(questions, ask)["what"] == 2
    assert soon(questions, ask, age=0)["what"] == 2


def test_what_took_long_is_asked_again_later(monkeypatch):
    questions, now = Questions(), [100.0]
    monkeypatch.setattr("sluice.console.questions.time.monotonic", lambda: now[0])

    def ask():
        now[0] += 2
        return now[0]

    assert soon(questions, {"what": ask}, age=0.5)["what"] == 102
    now[0] += 9
    assert soon(questions, {"what": ask}, age=0.5)["what"] == 102
    now[0] += 2
    assert soon(questions, {"what": ask}, age=0.5)["what"] == 115


def test_what_cannot_be_asked_is_raised_and_asked_again():
    questions, answers = Questions(), iter([OSError("no"), 1])

    def ask():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    with pytest.raises(OSError, match="no"):
        soon(questions, {"what": ask})
    assert soon(questions, {"what": ask}) == {"what": 1}


def test_only_so_many_answers_are_kept():
    questions = Questions()
    for start in range(0, 3000, 50):
        soon(questions, {str(number): lambda: "x" for number in range(start, start + 50)}, age=float("inf"))
    assert len(questions._kept) == 1000
    assert soon(questions, {"2999": lambda: "anew", "0": lambda: "anew"}) == {"2999": "x", "0": "anew"}


def test_a_question_that_timed_out_itself_has_failed():
    def ask():
        raise TimeoutError("no answer from the cloud")

    with pytest.raises(TimeoutError, match="no answer from the cloud"):
        soon(Questions(), {"what": ask})
