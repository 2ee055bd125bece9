import click
import pytest

from sluice.functions import functions, named
from sluice.target import Target
from tests.sluice.scripted import OUTPUTS


def test_functions_are_called_by_their_pipeline_and_what_they_do():
    found = functions(Target(OUTPUTS))
    assert [(function.short, function.name) for function in found] == [
        ("users/archiver", "archiver-1"),
        ("users/notifier", "notifier-1"),
        ("items/importer", "importer-1"),
        ("tables/reporter", "reporter-1"),
    ]


def test_a_consumer_that_is_not_there_is_none():
    streams = {"users": {"tables": [], "archiver_function_name": None, "notifier_function_name": "notifier-1"}}
    assert [function.short for function in functions(Target({"streams": streams}))] == ["users/notifier"]


@pytest.mark.parametrize("name", ["users/notifier", "stream/users/notifier", "notifier", "notifier-1"])
def test_a_function_is_found_by_each_of_its_names(name):
    assert named(Target(OUTPUTS), name).name == "notifier-1"


def test_a_name_of_none_is_an_error_with_those_there_are():
    with pytest.raises(click.ClickException) as refused:
        named(Target(OUTPUTS), "nobody")
    assert refused.value.message == (
        "the stack has no function nobody; it has users/archiver, users/notifier, items/importer, tables/reporter"
    )


def test_a_name_of_several_is_an_error_with_these():
    imports = {name: {"function_name": f"importer-{name}"} for name in ("items", "orders")}
    with pytest.raises(click.ClickException) as refused:
        named(Target({"imports": imports}), "importer")
    assert refused.value.message == "several functions are called importer: items/importer, orders/importer"
