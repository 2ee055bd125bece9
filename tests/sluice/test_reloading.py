"""What is saved while a stack runs, in a copy of this repository: live at once, or refused with the last good left."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sluice.cloud.embedded import EmbeddedCloud, Stack
from sluice.cloud.emulator.outbox import mails
from sluice.reloading import Reloader, Sources
from sluice.trail import lines_of
from tests.stacks import copied_program, eventually, table, target

pytestmark = pytest.mark.e2e


class Edited:
    """A running stack whose program can be edited."""

    def __init__(self, cloud: EmbeddedCloud, root: Path) -> None:
        self.cloud = cloud
        self.stack: Stack = cloud.deploy("local", root=root)
        self.root = root
        self.reloader = Reloader(cloud, root)
        self.reloader.follow(self.stack, self.follow)

    def follow(self, stack: Stack) -> None:
        self.stack = stack

    def save(self, name: str, old: str, new: str) -> None:
        """Replaces a text in a file, and takes it over."""
        file = self.root / name
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new, 1))
        self.reloader.reload([file])

    def configuration(self, function: str):
        """The configuration of a function that an output names."""
        client = self.stack.cloud.client("lambda")
        return client.get_function_configuration(FunctionName=self.stack.output(function))


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edited]:
    root = tmp_path_factory.mktemp("edited")
    with copied_program(root), EmbeddedCloud() as cloud:
        yield Edited(cloud, root)


def put_user(edited: Edited, number: int) -> None:
    users = table(edited.stack, edited.stack.output("streams.users.tables.0.name"))
    users.put_item(Item={"userId": f"u-{number}", "name": "Ada", "email": f"ada{number}@example.com"})
    edited.stack.wait_idle()


def subject_to(edited: Edited, address: str) -> str:
    sent = mails(edited.stack.cloud.endpoint, edited.stack.cloud.token)
    (subject,) = [mail["subject"] for mail in sent if mail["to"] == [address]]
    return subject


def test_a_handler_is_live_as_it_was_saved_and_data_stays(edited, capsys):
    put_user(edited, 1)
    outputs = dict(edited.stack.outputs)
    edited.save("handlers/archiver/archive.py", '"at":"', '"edited":true,"at":"')
    assert "stream-users-archiver updated in 0." in capsys.readouterr().out
    put_user(edited, 2)
    assert [line.get("edited") for line in lines_of(target(edited.stack))] == [None, True]
    assert edited.stack.outputs == outputs


def test_a_template_is_live_as_it_was_saved(edited, capsys):
    edited.save("infra/templates/welcome/subject.txt", "Hello", "Good day")
    assert "mail-welcome updated in 0." in capsys.readouterr().out
    put_user(edited, 10)
    assert subject_to(edited, "ada10@example.com") == "Good day Ada, and welcome"


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "infra/templates/welcome/body.txt",
            "{{name}}",
            "{{nobody}}",
            "infra/templates/welcome/body.txt:1: {{nobody}}: not every rule",
        ),
        ("handlers/notifier/handler.py", "import", "import import", "handlers/notifier/handler.py:"),
        ("pipelines.yaml", "partitionKey: userId", "partitionKey: 7", "streams.users.partitionKey"),
        ("infra/archiver.py", "from ", "form ", "infra/archiver.py"),
        ("__main__.py", "import", "imp0rt", "__main__.py"),
    ],
    ids=["template", "handler", "settings", "component", "program"],
)
def test_a_mistake_is_shown_and_the_last_good_version_runs_on(edited, capsys, file, old, new, message):
    number = 20 + len(message)
    before = edited.configuration("streams.users.notifier_function_name")["CodeSha256"]
    edited.save(file, old, new)
    told = capsys.readouterr().err
    assert "there is a mistake" in told
    assert message in told
    assert "What was live before keeps running." in told
    put_user(edited, number)
    assert subject_to(edited, f"ada{number}@example.com").endswith("Ada, and welcome")
    assert edited.configuration("streams.users.notifier_function_name")["CodeSha256"] == before
    edited.save(file, new, old)
    assert "mistake" not in capsys.readouterr().err


def test_settings_change_what_there_is_in_place(edited):
    mapping = edited.stack.output("streams.users.tables.0.notifier_mapping_id")
    edited.save("pipelines.yaml", "changed: [email, name]", "changed: [email, name, phone]")
    edited.save("Pulumi.local.yaml", "columns: {", "timeoutSeconds: 60\n      columns: {")
    assert edited.configuration("imports.items.function_name")["Timeout"] == 60
    put_user(edited, 30)
    users = table(edited.stack, edited.stack.output("streams.users.tables.0.name"))
    users.update_item(
        Key={"userId": "u-30"}, UpdateExpression="SET phone = :p", ExpressionAttributeValues={":p": "112"}
    )
    edited.stack.wait_idle()
    subjects = {mail["subject"] for mail in mails(edited.stack.cloud.endpoint, edited.stack.cloud.token)}
    assert "Your profile has changed" in subjects
    assert edited.stack.output("streams.users.tables.0.notifier_mapping_id") == mapping


def test_what_would_be_replaced_is_named_and_left(edited, capsys):
    edited.save("pipelines.yaml", "partitionKey: id", "partitionKey: sku")
    told = capsys.readouterr().err
    assert "this needs a new start" in told
    assert "sluice-local-import-items-table would be replaced: attributes, hashKey cannot be changed in place" in told
    edited.save("pipelines.yaml", "partitionKey: sku", "partitionKey: id")


def test_a_new_pipeline_is_made_and_what_holds_data_is_not_removed(edited, capsys):
    edited.save("pipelines.yaml", "imports:\n", "  orders:\n    partitionKey: orderId\nimports:\n")
    assert "created" in capsys.readouterr().out
    orders = table(edited.stack, edited.stack.output("streams.orders.tables.0.name"))
    orders.put_item(Item={"orderId": "o-1"})
    edited.stack.wait_idle()
    assert "o-1" in {line["keys"].get("orderId") for line in lines_of(target(edited.stack))}
    edited.save("pipelines.yaml", "  orders:\n    partitionKey: orderId\n", "")
    assert "sluice-local-stream-orders-table would be removed" in capsys.readouterr().err
    edited.save("pipelines.yaml", "imports:\n", "  orders:\n    partitionKey: orderId\nimports:\n")


def test_files_are_watched_until_it_is_stopped_from_before_there_is_a_stack(edited, capsys):
    reloader = Reloader(edited.cloud, edited.root)
    file = edited.root / "infra/templates/welcome/body.txt"
    reloader.start()
    try:
        time.sleep(1)  # the watch has no sign that it has begun
        file.write_text(file.read_text() + "PS: see you.\n")
        time.sleep(0.5)
        assert "updated" not in capsys.readouterr().out
        reloader.follow(edited.stack, edited.follow)
        eventually(lambda: "mail-welcome updated" in capsys.readouterr().out)
        file.write_text(file.read_text() + "PPS: soon.\n")
        eventually(lambda: "mail-welcome updated" in capsys.readouterr().out)
    finally:
        reloader.stop()
    assert not reloader._thread.is_alive()


def test_it_can_be_stopped_before_there_is_a_stack(edited):
    reloader = Reloader(edited.cloud, edited.root)
    reloader.start()
    time.sleep(1)
    (edited.root / "unread.py").write_text("")
    time.sleep(0.5)
    reloader.stop()
    assert not reloader._thread.is_alive()


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("handlers/archiver/handler.py", True),
        ("pipelines.yaml", True),
        (".build/archiver-1/handler.py", False),
        (".sluice/local/state.json", False),
        ("handlers/__pycache__/handler.cpython-314.pyc", False),
        ("venv/lib/x.py", False),
        ("pipelines.yaml~", False),
    ],
)
def test_what_is_no_source_is_not_looked_at(path, taken):
    import watchfiles

    assert Sources(Path("/project"))(watchfiles.Change.modified, f"/project/{path}") == taken
