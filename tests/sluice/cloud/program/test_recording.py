import pulumi
import pulumi_aws as aws
import pytest

from sluice.cloud.program import execution as program
from sluice.cloud.program.recording import STACK_TYPE, Recorder
from tests.infra.reading import record


class Pair(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("sample:index:Pair", name)
        child = pulumi.ResourceOptions(parent=self)
        first = aws.sns.Topic(f"{name}-first", opts=child)
        options = pulumi.ResourceOptions(parent=self, protect=True, depends_on=[first])
        self.second = aws.sns.Topic(f"{name}-second", display_name=first.name, opts=options)
        self.register_outputs({"secondName": self.second.name})


@pytest.fixture(scope="module")
def graph():
    def build():
        pulumi.export("second", Pair("pair").second.name)

    return record(build)


def test_parents_are_kept(graph):
    (stack,), (pair,) = graph.of_type(STACK_TYPE), graph.of_type("sample:index:Pair")
    assert [child.name for child in graph.children(stack.urn)] == ["pair"]
    assert [child.name for child in graph.children(pair.urn)] == ["pair-first", "pair-second"]


def test_dependencies_are_kept(graph):
    assert graph.named("pair-first").urn in graph.named("pair-second").dependencies


def test_options_that_differ_from_their_defaults_are_kept(graph):
    assert graph.named("pair-second").options == {"protect": True}
    assert graph.named("pair-first").options == {}


def test_dependents_get_the_outputs_of_what_they_depend_on(graph):
    assert graph.named("pair-second").inputs == {"displayName": "pair-first"}


def test_outputs_of_components_and_of_the_stack_are_kept(graph):
    assert graph.of_type("sample:index:Pair")[0].outputs == {"secondName": "pair-second"}
    assert graph.of_type(STACK_TYPE)[0].outputs == {"second": "pair-second"}


def test_a_name_used_twice_is_remembered():
    def build():
        for _ in range(2):
            aws.sns.Topic("twin")

    assert [urn.rpartition("::")[2] for urn in record(build).duplicates] == ["twin"]


def test_an_unknown_name_is_an_error_with_the_names_that_are_there(graph):
    with pytest.raises(KeyError, match=r"no resource third; there are \['pair-first', 'pair-second'\]"):
        graph.named("third")


def test_a_provider_function_that_is_not_known_is_refused():
    def build():
        pulumi.export("zones", aws.get_availability_zones_output().names)

    with pytest.raises(NotImplementedError, match=r"getAvailabilityZones.*: the embedded cloud does not know"):
        record(build)


def test_no_output_that_the_provider_declares_is_missing_in_an_update():
    seen = []

    def build():
        table = aws.dynamodb.Table("t", hash_key="id", attributes=[{"name": "id", "type": "S"}])
        pulumi.Output.all(table.arn, table.stream_label, table.id).apply(seen.extend)

    program.run("test", Recorder("eu-north-1"), config={}, program=build)
    assert len(seen) == 3
    assert all(seen)


def test_where_a_program_runs_is_told():
    def build():
        pulumi.export("region", aws.get_region_output().region)
        pulumi.export("account", aws.get_caller_identity_output().account_id)

    (stack,) = record(build).of_type(STACK_TYPE)
    assert stack.outputs == {"region": "eu-north-1", "account": "123456789012"}
