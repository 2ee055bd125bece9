"""Which file of a program is a part of which template; what is put there is in tests/sluice/test_reloading.py."""

from types import SimpleNamespace

import pytest

from sluice.cloud.resources.copies import Copies


def template(name: str, text: str) -> SimpleNamespace:
    return SimpleNamespace(urn=f"urn:{name}", name=name, inputs={"subject": "Hi", "text": text})


def graph(*templates: SimpleNamespace) -> SimpleNamespace:
    return SimpleNamespace(of_type=lambda kind: list(templates) if kind.endswith(":Template") else [])


@pytest.fixture
def body(tmp_path):
    file = tmp_path / "body.txt"
    file.write_text("first\n")
    return file


def test_a_file_is_the_part_that_has_its_text(body):
    welcome = template("welcome", "first")
    assert Copies(None, graph(welcome, template("other", "else")), body.parent).parts == {body: [(welcome, "text")]}


def test_a_file_that_was_saved_again_while_the_change_before_was_made_stays_that_part(body):
    known = Copies(None, graph(template("welcome", "first")), body.parent).parts
    body.write_text("third\n")
    now = template("welcome", "second")
    assert Copies(None, graph(now), body.parent, known).parts == {body: [(now, "text")]}
    assert Copies(None, graph(now), body.parent).parts == {}
    assert Copies(None, graph(template("another", "second")), body.parent, known).parts == {}
