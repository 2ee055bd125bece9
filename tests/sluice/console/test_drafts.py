from pathlib import Path

import pytest

from sluice.console.drafts import Drafts


@pytest.fixture
def drafts():
    drafts = Drafts()
    yield drafts
    drafts.close()


def written(drafts, pipeline, name):
    draft = drafts.begin(name)
    draft.path.write_text("id\n1\n")
    drafts.keep(pipeline, draft)
    return draft


def test_a_file_waits_under_its_name_until_another_takes_its_place(drafts):
    first = written(drafts, "items", "a.csv")
    assert drafts.kept("items", first.token) == first
    second, other = written(drafts, "items", "b.csv"), written(drafts, "sales", "c.csv")
    assert (drafts.kept("items", first.token), first.path.exists()) == (None, False)
    assert drafts.kept("items", second.token) == second
    assert drafts.kept("items", other.token) is None
    drafts.drop(second)
    assert (drafts.kept("items", second.token), second.path.exists(), other.path.exists()) == (None, False, True)


def test_nothing_is_left_at_the_end_and_nobody_else_looks_into_it_meanwhile(drafts):
    folder = written(drafts, "items", "a.csv").path.parent.parent
    assert folder.stat().st_mode & 0o777 == 0o700
    drafts.close()
    assert not folder.exists()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\data\\a.csv", "a.csv"),
        ("<b>.csv", "<b>.csv"),
        ("\u674e.csv", "\u674e.csv"),
    ],
)
def test_a_name_is_no_path(drafts, name, kept):
    draft = drafts.begin(name)
    assert (draft.name, draft.path.parent.name) == (kept, draft.token)
    assert Path(draft.path).resolve() == draft.path


@pytest.mark.parametrize("name", ["", ".", "a/..", "a/", "\0", "\u674e" * 67], ids=range(6))
def test_what_is_no_name_is_refused(drafts, name):
    with pytest.raises(ValueError, match="not a valid file name"):
        drafts.begin(name)
