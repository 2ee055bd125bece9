import pytest
from click.testing import CliRunner

from sluice import cli, putting, state, target
from sluice.putting import Wrong
from sluice.target import Target

OUTPUTS = {
    "streams": {"users": {"tables": [{"name": "Users"}]}},
    "imports": {"items": {}, "products": {}},
    "reports": {"tables": {}},
}


@pytest.fixture
def put(monkeypatch):
    running = state.Running("local", 1, "http://127.0.0.1:1", "x", OUTPUTS, "token")
    monkeypatch.setattr(target, "chosen", lambda _: running)
    monkeypatch.setattr(Target, "greet", lambda _: None)
    return lambda *arguments: CliRunner().invoke(cli.cli, ["put", *arguments])


@pytest.fixture
def done(monkeypatch):
    """What was written where, in order."""
    done = []
    monkeypatch.setattr(
        putting, "put_items", lambda stream, items: done.append((str(stream), items)) or (len(items), [])
    )
    monkeypatch.setattr(putting, "trail", lambda _: [])
    monkeypatch.setattr(putting, "put_users", lambda stream: done.append(str(stream)) or (9, ["u-8 (no address)"]))
    monkeypatch.setattr(putting, "put_files", lambda pipeline, _token: done.append(str(pipeline)) or ([], []))
    monkeypatch.setattr(putting, "put_tables", lambda report: done.append(str(report)) or [("RA_\x1b", 3)])
    monkeypatch.setattr(
        putting, "put_poison", lambda pipeline, _token: done.append(f"poison in {pipeline}") or ([], [])
    )
    monkeypatch.setattr(
        putting, "put_poisoned_user", lambda stream, _token: done.append(f"poison in {stream}") or "u-1"
    )
    monkeypatch.setattr(putting, "end_poison", lambda _target, _token: done.append("mended"))
    return done


def test_samples_go_into_every_pipeline(put, done):
    told = put("--samples").output
    assert done == ["stream/users", "import/items", "import/products", "report/tables"]
    assert "RA_\\x1b  3\n" in told


@pytest.mark.parametrize(
    ("name", "filled"),
    [("users", ["stream/users"]), ("import/products", ["import/products"]), ("tables", ["report/tables"])],
)
def test_samples_go_into_the_pipeline_that_is_named(put, done, name, filled):
    assert put("--samples", "--pipeline", name).exit_code == 0
    assert done == filled


def test_a_pipeline_that_is_not_there_is_told_with_those_that_are(put, done):
    result = put("--samples", "--pipeline", "nope")
    assert result.exit_code == 1
    assert "the stack has no pipeline nope; it has import/items, import/products, items, " in result.stderr
    assert done == []


def test_items_are_given_in_the_command_or_in_a_file(put, done, tmp_path):
    (tmp_path / "items.jsonl").write_text('{"userId": "b"}\n{"userId": "c"}\n')
    assert put('{"userId": "a"}').output == "stream/users: 1 item into Users.\n"
    assert put(str(tmp_path / "items.jsonl")).output == "stream/users: 2 items into Users.\n"
    assert done == [("stream/users", [{"userId": "a"}]), ("stream/users", [{"userId": "b"}, {"userId": "c"}])]


def test_an_item_that_was_not_written_is_named_and_ends_with_1(put, monkeypatch):
    monkeypatch.setattr(putting, "put_items", lambda *_: (1, [Wrong(2, "no\nkey")]))
    result = put('[{"userId": "a"}, {}]')
    assert result.exit_code == 1
    assert result.stdout == "stream/users: 1 item into Users.\n"
    assert result.stderr == "item 2 was not written: no\\nkey\n"


@pytest.mark.parametrize(
    ("given", "what"), [("{x", "this holds no items: "), ("nowhere.json", "nowhere.json holds no items: ")]
)
def test_what_holds_no_items_is_told_with_the_way_out(put, done, given, what):
    result = put(given)
    assert result.exit_code == 1
    assert what in result.stderr
    assert "give a JSON object, an array of objects, or lines with one each" in result.stderr
    assert done == []


@pytest.mark.parametrize(
    ("name", "poisoned"),
    [("products", "import/products"), ("users", "stream/users"), ("stream/users", "stream/users")],
)
def test_the_poison_goes_into_the_import_or_stream_that_is_named(put, done, name, poisoned):
    assert put("--poison", "--pipeline", name).exit_code == 0
    assert done == [f"poison in {poisoned}"]


def test_a_report_cannot_be_poisoned(put, done):
    result = put("--poison", "--pipeline", "tables")
    assert (result.exit_code, done) == (1, [])
    assert "tables is a report" in result.stderr


def test_without_a_name_it_is_to_be_clear_which_import_is_meant(put, done):
    result = put("--poison")
    assert (result.exit_code, done) == (1, [])
    assert "the stack has several imports: choose one with --pipeline" in result.stderr


def test_the_poison_is_ended(put, done):
    assert "--redrive` sends them again" in put("--unpoison").output
    assert done == ["mended"]
    assert put("--unpoison", "--poison").exit_code == 2


def test_nothing_to_put_is_a_usage_error(put):
    result = put()
    assert result.exit_code == 2
    assert "give --samples, --poison, --unpoison, or a FILE or JSON" in result.stderr
