"""The log of each call of a function."""

import base64
import io
import json
import subprocess
import sys
import zipfile

import pytest

from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.emulator.server import Server
from sluice.cloud.emulator.worker_logs import with_reason
from tests.sluice.cloud.emulator.test_workers import TRUST

SOURCE = """
import os, subprocess, sys, threading, time

def handle(event, context):
    if event == "print":
        for number in range(200):
            print(number)
    elif event == "threads":
        threads = [threading.Thread(target=sys.stdout.write, args=(f"{number}\\n",)) for number in range(20)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
    elif event == "program":
        answer = '{"status": "ok", "result": "forged"}'
        subprocess.run([sys.executable, "-c", f"print({answer!r})\\nfor number in range(250): print(number)"])
    elif event == "no newline":
        sys.stdout.write("half a line")
    elif event == "bytes":
        os.write(2, b"\\xff\\n")
    elif event == "close":
        os.closerange(3, 100)
    elif event == "crash":
        print("before", flush=True)
        os._exit(1)
    elif event == "hold":
        subprocess.Popen(["/bin/sleep", "3"])
        print("before", flush=True)
        os._exit(1)
    elif event == "late":
        threading.Timer(0.3, print, ["late"]).start()
    elif event == "wait":
        time.sleep(0.6)
    elif event == "hang":
        print("before")
        time.sleep(30)
    return event
"""


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    emulator = Server(tmp_path_factory.mktemp("cloud") / "files")
    try:
        yield Cloud(emulator.endpoint, "eu-north-1")
    finally:
        emulator.stop()


@pytest.fixture(scope="module")
def call(cloud):
    """Calls a function; returns its answer, and the lines of its log, of which the emulator tells the last 4 KB."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", SOURCE)
    role = cloud.client("iam").create_role(RoleName="role", AssumeRolePolicyDocument=json.dumps(TRUST))
    cloud.client("lambda").create_function(
        FunctionName="f",
        Runtime="python3.14",
        Role=role["Role"]["Arn"],
        Handler="app.handle",
        Code={"ZipFile": code.getvalue()},
        Timeout=2,
    )

    def call(event):
        answer = cloud.client("lambda").invoke(FunctionName="f", Payload=json.dumps(event), LogType="Tail")
        log = base64.b64decode(answer.get("LogResult", "")).decode()
        return json.loads(answer["Payload"].read()), log.splitlines()

    return call


@pytest.fixture
def load():
    """Keeps this machine busy."""
    programs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(4)]
    yield
    for program in programs:
        program.kill()
        program.wait()


@pytest.mark.usefixtures("load")
def test_a_log_has_every_line_on_a_busy_machine(call):
    for _ in range(10):
        assert call("print") == ("print", [str(number) for number in range(200)])


def test_a_silent_call_has_an_empty_log_and_leaves_the_next_its_own(call):
    assert call("nothing") == ("nothing", [])
    assert len(call("print")[1]) == 200
    assert call("nothing") == ("nothing", [])


def test_what_threads_print_is_in_the_log(call):
    answer, log = call("threads")
    assert (answer, sorted("".join(log))) == ("threads", sorted("".join(map(str, range(20)))))


def test_what_programs_of_a_function_print_is_in_the_log_and_no_answer(call):
    answer, log = call("program")
    assert (answer, log) == ("program", ['{"status": "ok", "result": "forged"}', *map(str, range(250))])


def test_a_line_without_an_end_is_in_the_log(call):
    assert call("no newline") == ("no newline", ["half a line"])


def test_what_is_no_text_is_in_the_log_and_what_follows_too(call):
    assert call("bytes") == ("bytes", ["\N{REPLACEMENT CHARACTER}"])
    assert len(call("print")[1]) == 200


def test_what_is_printed_between_calls_is_in_the_log_of_the_next(call):
    assert call("late") == ("late", [])
    assert call("wait") == ("wait", ["late"])


@pytest.mark.parametrize("event", ["crash", "hold", "hang"])
def test_a_call_that_ends_without_an_answer_has_what_it_printed(call, event):
    assert call(event)[1][0] == "before"
    assert len(call("print")[1]) == 200


TIMEOUT = {"errorMessage": "Task timed out after 1.00 seconds", "errorType": "Sandbox.Timedout"}


@pytest.mark.parametrize(
    ("result", "log"),
    [
        (
            {"error": True, "body": TIMEOUT, "log": f"before\n{TIMEOUT['errorMessage']}"},
            f"before\n{json.dumps(TIMEOUT)}",
        ),
        ({"error": True, "body": TIMEOUT, "log": ""}, json.dumps(TIMEOUT)),
        ({"error": True, "body": TIMEOUT}, json.dumps(TIMEOUT)),
        (
            {"error": True, "body": TIMEOUT, "log": "Traceback (most recent call last):\nX"},
            "Traceback (most recent call last):\nX",
        ),
        ({"body": "fine", "log": "said"}, "said"),
    ],
    ids=["timeout", "start", "nothing", "traceback", "success"],
)
def test_why_an_invocation_failed_is_told_where_its_function_could_not(result, log):
    assert with_reason(lambda: result)()["log"] == log
