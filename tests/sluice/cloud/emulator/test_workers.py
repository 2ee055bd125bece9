"""What a function in the embedded cloud sees of this machine."""

import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.emulator.server import Server
from tests.stacks import eventually

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}
SOURCE = """
import importlib, os, sys, tempfile, time

def handle(event, context):
    if "under_way" in event:
        open(event["under_way"], "w").write(str(os.getpid()))
        while not os.path.exists(event["until"]):
            time.sleep(0.01)
        return os.environ["OWN"]
    if "import" in event:
        try:
            return importlib.import_module(event["import"]).__name__
        except ImportError as error:
            return str(error)
    return {"environment": dict(os.environ), "path": sys.path, "scratch": tempfile.gettempdir()}
"""


class Function(NamedTuple):
    cloud: Cloud

    def __call__(self, **event):
        answer = self.cloud.client("lambda").invoke(FunctionName="f", Payload=json.dumps(event))
        return json.loads(answer["Payload"].read())

    def update(self, value):
        self.cloud.client("lambda").update_function_configuration(
            FunctionName="f", Environment={"Variables": {"OWN": value, "HOME": "/elsewhere"}}
        )


@pytest.fixture(scope="module")
def function(tmp_path_factory):
    """A function in an emulator that was started from a shell with a variable of its own."""
    patch = pytest.MonkeyPatch()
    patch.setenv("A_SECRET_OF_THE_SHELL", "s3cret")
    folder = tmp_path_factory.mktemp("cloud") / "files"
    emulator = Server(folder)
    try:
        cloud = Cloud(emulator.endpoint, "eu-north-1")
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
            Environment={"Variables": {"OWN": "value", "HOME": "/elsewhere"}},
        )

        yield Function(cloud)
    finally:
        emulator.stop()
        patch.undo()


@pytest.mark.parametrize("module", ["json", "sqlite3", "boto3", "botocore", "urllib3", "dateutil", "backports.zstd"])
def test_a_function_imports_what_lambda_has(function, module):
    assert function(**{"import": module}) == module


@pytest.mark.parametrize(
    "module", ["pydantic", "rich", "ministack", "pulumi", "sluice", "pytest", "yaml", "pip", "packaging"]
)
def test_a_function_imports_nothing_else_of_this_machine(function, module):
    assert function(**{"import": module}) == f"No module named '{module}'"


def test_a_function_sees_its_own_variables_and_none_of_the_shell(function):
    environment = function()["environment"]
    assert environment["OWN"] == "value"
    assert environment["HOME"] == "/elsewhere"
    foreign = {name for name in environment if not name.startswith(("AWS_", "_LAMBDA", "LAMBDA_", "_MINISTACK"))}
    assert foreign <= {"OWN", "HOME", "PATH", "LANG", "TMPDIR", "SSL_CERT_FILE", "PWD"}


def test_a_function_finds_its_modules_before_all_others(function):
    first, *others = function()["path"]
    assert first.endswith("code")
    assert not [path for path in others if path.endswith("site-packages")]


def test_what_is_under_way_finishes_as_it_began_while_its_function_is_updated(function, tmp_path):
    under_way, until = tmp_path / "under-way", tmp_path / "until"
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(function, under_way=str(under_way), until=str(until))
        worker = int(eventually(lambda: under_way.exists() and under_way.read_text()))
        function.update("another")
        assert function()["environment"]["OWN"] == "another"
        until.touch()
        assert answer.result() == "value"
    eventually(lambda: not Path(f"/proc/{worker}").exists())  # nothing is left of what is not up to date
    function.update("value")
