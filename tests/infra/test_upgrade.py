"""A stack of 0.1 becomes one of this version: what it holds, and how far its readers are, stays.

`first_edition/` has the custom resources of 0.1's stacks as recorded at 0a9864c: the types of a resource and of those
around it, and its name. The engine takes a resource for an old one where its URN is the same, or one of its aliases;
aliases of a component are inherited, with its name replaced in the names of its children
(https://www.pulumi.com/docs/iac/concepts/resources/options/aliases/).
"""

from pathlib import Path

import pytest

from tests.infra.reading import recorded

FIRST_EDITION = Path(__file__).with_name("first_edition")


def former_names(graph, resource):
    """The names by which the engine finds a resource: its own, and those that it inherits."""
    names, around = {resource.name}, resource
    while around:
        for alias in around.options.get("aliases", []):
            if alias.spec.name and resource.name.startswith(around.name):
                names.add(alias.spec.name + resource.name.removeprefix(around.name))
        around = graph.resources.get(around.parent)
    return names


def heirs(graph):
    """Each custom resource by what the engine may know it as: types and name."""
    found = {}
    for resource in graph.resources.values():
        if resource.custom:
            types = resource.urn.split("::")[2]
            for name in former_names(graph, resource):
                assert found.setdefault(f"{types}::{name}", resource) is resource, name
    return found


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_every_resource_of_the_first_version_has_an_heir(stack):
    known = (FIRST_EDITION / f"{stack}.txt").read_text().splitlines()
    assert [one for one in known if one not in heirs(recorded(stack))] == []


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_nothing_is_made_besides_what_the_first_version_had(stack):
    graph, known = recorded(stack), set((FIRST_EDITION / f"{stack}.txt").read_text().splitlines())
    inherited = {id(resource) for name, resource in heirs(graph).items() if name in known}
    assert [one.name for one in graph.resources.values() if one.custom and id(one) not in inherited] == []


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("stream-users-table", {"hashKey": "userId", "attributes": [{"name": "userId", "type": "S"}]}),
        ("import-items-table", {"hashKey": "id", "attributes": [{"name": "id", "type": "S"}]}),
        ("report-tables-totals-ra", {"name": "RA_totales", "hashKey": "group", "rangeKey": "generated_at"}),
        ("marks", {"hashKey": "event_id"}),
        ("stream-users-archiver-mapping", {"startingPosition": "TRIM_HORIZON"}),
        ("stream-users-notifier-mapping", {"startingPosition": "TRIM_HORIZON"}),
        ("mail-settings", {"configurationSetName": "sluice-prod-mail-settings"}),
        ("mail-identity", {"emailIdentity": "example.com"}),
    ],
)
def test_what_would_replace_a_resource_is_as_it_was(name, kept):
    inputs = recorded("prod").named(f"sluice-prod-{name}").inputs
    assert {key: inputs[key] for key in kept} == kept


@pytest.mark.parametrize("name", ["stream-users-table", "stream-users-archiver", "import-items-files", "marks"])
def test_a_physical_name_is_still_pulumi_s_own(name):
    """A name that the program gives would replace what has one of Pulumi's."""
    inputs = recorded("prod").named(f"sluice-prod-{name}").inputs
    assert not inputs.keys() & {"name", "bucket"}
