import http.server
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
import zipfile

import pytest

from sluice.cloud.emulator import server
from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.emulator.own_paths import ask
from sluice.cloud.emulator.server import Server, ServerError
from sluice.cloud.program.execution import ROOT

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cloud" / "files"


def is_free(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def is_running(pid):
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(listed.stdout.strip()) and "Z" not in listed.stdout  # a zombie has ended; others reap it


def eventually(holds):
    end = time.monotonic() + 20
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)
    return holds()


def test_it_answers_on_the_loopback_interface(folder):
    emulator = Server(folder)
    try:
        assert emulator.alive
        assert emulator.endpoint == f"http://127.0.0.1:{emulator.port}"
        mine = urllib.request.Request(
            f"{emulator.endpoint}/_ministack/health", headers={"X-Sluice-Token": emulator.token}
        )
        with urllib.request.urlopen(mine) as answer:
            assert answer.status == 200
    finally:
        emulator.stop()


def test_once_stopped_nothing_is_left_of_it(folder):
    emulator = Server(folder)
    emulator.stop()
    assert not emulator.alive
    assert is_free(emulator.port)
    assert not folder.exists()


def test_stopping_twice_does_no_harm(folder):
    emulator = Server(folder)
    emulator.stop()
    emulator.stop()


def test_a_port_that_is_taken_is_an_error_that_says_what_to_do(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServerError, match=f"port {port} is taken: choose another one with --port"):
            Server(folder, port)
    assert not folder.exists()


class OtherServer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"edition": "light"}')

    def log_message(self, format, *args):  # noqa: A002 the name is http.server's
        pass


def test_a_port_that_is_lost_to_another_server_is_not_taken_for_ours(folder, monkeypatch):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), OtherServer) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        lost, found = other.server_address[1], server._free_port()
        ports = iter([lost, found])
        monkeypatch.setattr(server, "_free_port", lambda: next(ports))
        emulator = Server(folder)
        try:
            assert emulator.port == found
        finally:
            emulator.stop()
            other.shutdown()


def test_an_emulator_that_ends_at_once_is_an_error_with_what_it_said(folder, monkeypatch):
    monkeypatch.setattr(server, "server_environment", lambda *_: {"GATEWAY_PORT": "no port"})
    with pytest.raises(ServerError, match=r"ended at once: .*no port"):
        Server(folder)
    assert not folder.exists()


STARTER = """
import sys, time
from pathlib import Path
from sluice.cloud.emulator.server import Server
emulator = Server(Path(sys.argv[1]))
print(emulator.pid, emulator.port, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_whoever_started_it_and_leaves_nothing(folder, how):
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with starter:
        assert starter.stdout
        pid, port = map(int, starter.stdout.readline().split())
        (folder / "left-behind").write_text("by a function")
        starter.send_signal(how)
    assert eventually(lambda: not folder.exists())
    assert eventually(lambda: not is_running(pid))
    assert is_free(port)
    assert not folder.parent.exists()


def test_what_it_holds_is_let_go_of_when_it_has_ended(folder, tmp_path):
    read, write = os.pipe()
    emulator = Server(folder, held=[write])
    os.close(write)
    os.set_blocking(read, False)
    with pytest.raises(BlockingIOError):
        os.read(read, 1)
    emulator.stop()
    assert os.read(read, 1) == b""
    os.close(read)


def test_what_it_writes_is_for_its_owner_alone(tmp_path):
    before = os.umask(0)
    emulator = Server(tmp_path / "cloud" / "files")
    try:
        lambda_ = Cloud(emulator.endpoint, "eu-north-1").client("lambda")
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("app.py", "def handle(event, context):\n    return event\n")
        role = (
            Cloud(emulator.endpoint, "eu-north-1")
            .client("iam")
            .create_role(RoleName="role", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        )
        lambda_.create_function(
            FunctionName="f", Runtime="python3.14", Role=role, Handler="app.handle", Code={"ZipFile": code.getvalue()}
        )
        lambda_.invoke(FunctionName="f")
        found = [tmp_path / "cloud", *(tmp_path / "cloud").rglob("*")]
        assert any(path.name == "app.py" for path in found)
        assert [str(path) for path in found if path.lstat().st_mode & 0o077 and not path.is_symlink()] == []
    finally:
        emulator.stop()
        os.umask(before)


def test_a_connection_is_closed_as_soon_as_its_client_has_closed_it(folder):
    server = Server(folder)
    try:
        before = len(os.listdir(f"/proc/{server.pid}/fd"))
        for _ in range(20):
            ask(server.endpoint, "/_ministack/health", server.token)
        assert eventually(lambda: len(os.listdir(f"/proc/{server.pid}/fd")) <= before)
    finally:
        server.stop()
