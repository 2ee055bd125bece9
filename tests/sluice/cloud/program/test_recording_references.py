import pulumi
import pulumi_aws as aws
import pytest

from sluice.cloud.program import execution as program
from sluice.cloud.program.recording import Recorder

STACKS = {"organization/sluice/dev": {"bucket": "archive", "tables": {"RA": "RA_totales"}}}


def run(build, *, stacks=STACKS, preview=False):
    recorder = Recorder("eu-north-1", stacks=stacks, preview=preview)
    return program.run("test", recorder, preview=preview, config={}, program=build), recorder.graph


def refer(name="organization/sluice/dev"):
    reference = pulumi.StackReference(name)
    pulumi.export("read", reference.outputs)


@pytest.mark.parametrize("preview", [False, True])
def test_a_reference_gives_the_outputs_of_the_stack(preview):
    outputs, _ = run(refer, preview=preview)
    assert outputs["read"] == STACKS["organization/sluice/dev"]


def test_an_unknown_stack_is_named_with_those_there_are():
    with pytest.raises(program.ProgramError, match=r"no stack organization/sluice/prod .* organization/sluice/dev\."):
        run(lambda: refer("organization/sluice/prod"))


def test_where_no_stack_is_given_none_can_be_read():
    with pytest.raises(program.ProgramError, match="there are: none"):
        run(refer, stacks=None)


def test_a_reference_is_no_resource_and_nothing_depends_on_it():
    def build():
        reference = pulumi.StackReference("organization/sluice/dev")
        aws.s3.BucketVersioning(
            "versions", bucket=reference.require_output("bucket"), versioning_configuration={"status": "Enabled"}
        )

    _, graph = run(build)
    assert list(graph.references.values()) == ["organization/sluice/dev"]
    versions = graph.named("versions")
    assert versions.inputs["bucket"] == "archive"
    assert versions.dependencies <= graph.resources.keys()


def test_nothing_else_can_be_read():
    with pytest.raises(Exception, match="only outputs of other stacks can be read"):
        run(lambda: pulumi.export("arn", aws.s3.Bucket.get("found", "some-bucket").arn))


def test_a_program_imports_what_lies_beside_it(tmp_path):
    (tmp_path / "Pulumi.yaml").write_text("name: beside\n")
    (tmp_path / "lies_beside.py").write_text("VALUE = 7\n")
    (tmp_path / "__main__.py").write_text("import pulumi, lies_beside\npulumi.export('value', lies_beside.VALUE)\n")
    assert program.run("test", Recorder("eu-north-1"), root=tmp_path, config={}) == {"value": 7}


def test_a_stack_has_a_full_name():
    assert program.full_name("dev") == "organization/sluice/dev"
