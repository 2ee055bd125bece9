"""What `import` uploads, and under which keys."""

import pytest

from sluice.uploads import unreadable, uploads


@pytest.fixture
def files(tmp_path):
    """Makes files, and returns their keys by path for some arguments."""

    def keys(paths, *arguments):
        for path in paths:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).touch()
        chosen = uploads(tmp_path / argument for argument in arguments)
        return {str(file.path.relative_to(tmp_path)): file.key for file in chosen}

    return keys


def test_a_file_is_put_under_its_name(files):
    assert files(["a/x.csv"], "a/x.csv") == {"a/x.csv": "x.csv"}


def test_the_files_of_a_folder_keep_their_paths_within_it(files):
    assert files(["a/x.csv", "a/b/y.csv"], "a") == {"a/x.csv": "x.csv", "a/b/y.csv": "b/y.csv"}


def test_the_same_name_in_two_folders_is_two_keys(files):
    assert files(["a/x.csv", "b/x.csv", "b/y.csv"], "a", "b") == {
        "a/x.csv": "a/x.csv",
        "b/x.csv": "b/x.csv",
        "b/y.csv": "y.csv",
    }


def test_names_are_told_apart_by_as_much_of_their_paths_as_it_takes(files):
    keys = files(["p/data/x.csv", "q/data/x.csv"], "p/data/x.csv", "q/data/x.csv")
    assert keys == {"p/data/x.csv": "p/data/x.csv", "q/data/x.csv": "q/data/x.csv"}


def test_a_file_that_is_named_twice_is_uploaded_once(files):
    assert files(["a/x.csv"], "a/x.csv", "a", "a/../a/x.csv") == {"a/x.csv": "x.csv"}


def test_hidden_files_of_a_folder_are_left_out_but_not_one_that_is_named(files):
    assert files(["a/.x.crc", "a/.git/config", "a/x.csv"], "a", "a/.x.crc") == {
        "a/x.csv": "x.csv",
        "a/.x.crc": ".x.crc",
    }


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.parquet", b"", "parquet"),
        ("a.csv", b"PAR1\x15\x04", "parquet"),
        ("a.XLSX", b"PK\x03\x04", "xlsx"),
        ("a.json", b"PK\x03\x04", "zip"),
        ("a.csv.bz2", b"BZh91AY", "bz2"),
        ("a.csv", b"Obj\x01\x04", "avro"),
        ("4cdnqvhqbu2i.ion.gz", b"\x1f\x8b\x08", "ion"),
        ("4cdnqvhqbu2i", b"$ion_1_0 {Item:{}}", "ion"),
        ("a.tar.gz", b"\x1f\x8b\x08", "tar"),
    ],
)
def test_a_file_that_no_setting_makes_readable_is_named_with_the_way_out(tmp_path, name, content, kind):
    (tmp_path / name).write_bytes(content)
    assert unreadable(tmp_path / name).startswith(f"{kind} files are not imported: ")


@pytest.mark.parametrize("content", [b"", b"id\n1\n", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"PA", b"ORder,id\n"])
def test_what_may_be_readable_is_left_to_the_importer(tmp_path, content):
    (tmp_path / "data").write_bytes(content)
    assert not unreadable(tmp_path / "data")
