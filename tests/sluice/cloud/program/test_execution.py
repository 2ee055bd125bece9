import os
import signal
import threading

import pulumi
import pulumi_aws as aws
import pytest

from sluice.cloud.program import execution as program
from sluice.cloud.program.execution import ProgramError
from sluice.cloud.program.recording import Recorder


def run(build, *, preview=False, monitor=None, **options):
    monitor = monitor or Recorder("eu-north-1", preview=preview)
    return program.run("test", monitor, preview=preview, config=options.pop("config", {}), program=build, **options)


def a_checkout(folder, stack="test", **files):
    (folder / "Pulumi.yaml").write_text(files.get("project", "name: sample\n"))
    (folder / f"Pulumi.{stack}.yaml").write_text(files.get("settings", "config: {}\n"))
    (folder / "__main__.py").write_text(files.get("main", ""))
    return folder


def test_stacks_are_those_that_have_a_file():
    assert program.stacks() == ["dev", "local", "prod", "staging"]


def test_objects_are_handed_over_as_json_and_texts_as_they_are(tmp_path):
    settings = "config:\n  aws:region: eu-north-1\n  sluice:mail: {sender: a@example.com}\n"
    root = a_checkout(tmp_path, settings=settings)
    assert program.configuration("test", root) == {
        "aws:region": "eu-north-1",
        "sluice:mail": '{"sender": "a@example.com"}',
    }


def test_what_a_stack_leaves_out_has_its_declared_default(tmp_path):
    project = "name: sample\nconfig:\n  sluice:stream: {type: object, default: {}}\n  sluice:mail: {type: object}\n"
    assert program.configuration("test", a_checkout(tmp_path, project=project)) == {"sluice:stream": "{}"}


@pytest.mark.parametrize("stack", ["nope", "../local", "", "*"])
def test_a_stack_without_a_file_is_refused_with_those_that_have_one(stack):
    with pytest.raises(ProgramError, match=r"there are dev, local, prod, staging"):
        program.configuration(stack)


def test_a_stack_file_that_is_no_yaml_is_named_with_its_line(tmp_path):
    root = a_checkout(tmp_path, settings="config:\n  a: b\n  - c\n")
    with pytest.raises(ProgramError, match=r"Pulumi.test.yaml is no YAML in line 3"):
        program.configuration("test", root)


def test_every_key_that_stands_twice_is_named_with_its_lines(tmp_path):
    """PyYAML takes the last one and says nothing."""
    settings = (
        "config:\n"
        "  sluice:mail: {sender: a@example.com}\n"
        "  sluice:reports:\n"
        "    every: rate(5 minutes)\n"
        "    every: rate(1 hour)\n"
        "  sluice:mail: {sender: b@example.com}\n"
    )
    with pytest.raises(ProgramError) as refusal:
        program.configuration("test", a_checkout(tmp_path, settings=settings))
    assert set(
        str(refusal.value).removeprefix("Pulumi.test.yaml: ").removesuffix(": keep one of each").split("; ")
    ) == {
        "sluice:mail is in line 2 and again in line 6",
        "every is in line 4 and again in line 5",
    }


def test_the_same_key_of_two_objects_is_fine(tmp_path):
    settings = "config:\n  a: &one {name: x}\n  b: {name: y}\n  c: {<<: *one, name: z}\n"
    found = program.configuration("test", a_checkout(tmp_path, settings=settings))
    assert found == {"a": '{"name": "x"}', "b": '{"name": "y"}', "c": '{"name": "z"}'}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("- a\n", "Pulumi.test.yaml is not an object"),
        ("text\n", "Pulumi.test.yaml is not an object"),
        ("config: [a]\n", "Pulumi.test.yaml: config is no object"),
        ("config: text\n", "Pulumi.test.yaml: config is no object"),
    ],
)
def test_a_stack_file_that_is_no_object_is_refused_by_name(tmp_path, settings, said):
    with pytest.raises(ProgramError, match=said):
        program.configuration("test", a_checkout(tmp_path, settings=settings))


def test_a_stack_file_that_cannot_be_read_as_text_is_refused_by_name(tmp_path):
    root = a_checkout(tmp_path)
    (root / "Pulumi.test.yaml").write_bytes(b"config: {a: \xff}\n")
    with pytest.raises(ProgramError, match=r"Pulumi.test.yaml is no UTF-8"):
        program.configuration("test", root)
    (root / "Pulumi.test.yaml").write_bytes(b"config: {a: \x01}\n")
    with pytest.raises(ProgramError, match=r"Pulumi.test.yaml is no YAML"):
        program.configuration("test", root)


def test_exports_are_returned_with_their_values():
    def build():
        topic = aws.sns.Topic("alarms")
        pulumi.export("name", topic.name)
        pulumi.export("stack", pulumi.get_stack())

    assert run(build) == {"name": "alarms", "stack": "test"}


def test_programs_run_one_after_the_other_each_with_its_own_configuration():
    def build():
        pulumi.export("colour", pulumi.Config("sample").get("colour"))

    assert [run(build, config={"sample:colour": colour})["colour"] for colour in ("red", "blue")] == ["red", "blue"]
    assert run(build) == {}


def test_invalid_settings_name_every_mistake(tmp_path):
    settings = "config:\n  aws:region: nowhere\n  sluice:reports: {recipients: []}\n  sluice:mail: {sender: x}\n"
    main = (program.ROOT / "__main__.py").read_text()
    root = a_checkout(tmp_path, settings=settings, main=main)
    with pytest.raises(ProgramError) as raised:
        program.run("test", Recorder("eu-north-1"), root=root)
    for key in ("aws:region", "sluice:reports.recipients", "sluice:mail.sender"):
        assert key in str(raised.value)


def test_an_error_of_the_program_is_named_with_its_place(tmp_path):
    root = a_checkout(tmp_path, main="import pulumi\n\n{}['missing']\n")
    with pytest.raises(ProgramError, match=r"failed at __main__.py:3: KeyError: 'missing'"):
        program.run("test", Recorder("eu-north-1"), root=root)


def test_a_source_of_a_function_that_is_no_python_is_named(tmp_path):
    main = "import ast, pathlib\nname = 'handlers/own.py'\nast.parse(pathlib.Path(name).read_text(), name)\n"
    root = a_checkout(tmp_path, main=main)
    (root / "handlers").mkdir(exist_ok=True)
    (root / "handlers/own.py").write_text("fine = 1\n]\n")
    with pytest.raises(ProgramError, match=r"failed at handlers/own.py:2: SyntaxError: unmatched ']'"):
        program.run("test", Recorder("eu-north-1"), root=root)


def test_an_error_inside_apply_fails_the_program():
    def build():
        pulumi.export("name", aws.sns.Topic("alarms").name.apply(lambda name: [][len(name)]))

    with pytest.raises(ProgramError, match="IndexError"):
        run(build)


def test_a_failure_is_raised_once_and_printed_never(capfd):
    class Failing(Recorder):
        def create(self, resource):
            raise ValueError(f"no {resource.name}")

    def build():
        first = aws.sns.Topic("first")
        for number in range(5):
            aws.sns.TopicPolicy(f"policy-{number}", arn=first.arn, policy=first.owner)

    with pytest.raises(ValueError, match="no first"):
        run(build, monitor=Failing("eu-north-1"))
    assert capfd.readouterr().err == ""


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_waits_for_what_is_under_way_and_begins_nothing_more():
    created, ended = [], threading.Event()

    class Slow(Recorder):
        def create(self, resource):
            created.append(resource.name)
            os.kill(os.getpid(), signal.SIGINT)
            threading.Event().wait(0.5)  # the main thread hears of it on a busy machine, too
            ended.set()
            return super().create(resource)

    def build():
        first = aws.sns.Topic("first")
        aws.sns.TopicPolicy("second", arn=first.arn, policy="{}")

    with pytest.raises(KeyboardInterrupt):
        run(build, monitor=Slow("eu-north-1"))
    assert ended.is_set()
    assert created == ["first"]


def test_a_preview_leaves_unknown_what_only_aws_could_say():
    seen = []

    def build():
        aws.sns.Topic("alarms").arn.apply(seen.append)

    run(build, preview=True)
    assert seen == []
    run(build)
    assert len(seen) == 1
