"""What a function in the embedded cloud sees of this machine."""

import io
import json
import zipfile

import pytest

from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.emulator.server import Server

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}
SOURCE = """
import importlib, os, sys, tempfile

def handle(event, context):
    if "import" in event:
        try:
            return importlib.import_module(event["import"]).__name__
        except ImportError as error:
            return str(error)
    return {"environment": dict(os.environ), "path": sys.path, "scratch": tempfile.gettempdir()}
"""


@pytest.fixture(scope="module")
def function(tmp_path_factory):
    """Invokes a function in an emulator that was started from a shell with a variable of its own."""
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

        def invoke(**event):
            answer = cloud.client("lambda").invoke(FunctionName="f", Payload=json.dumps(event))
            return json.loads(answer["Payload"].read())

        yield invoke
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
