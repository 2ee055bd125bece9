"""Requirements files, read for one platform."""

import pytest

from sluice.packages import RequirementsError
from sluice.packages.requirements import pinned

HASH = "--hash=sha256:" + "0" * 64


@pytest.fixture
def lines(tmp_path):
    def read(text, markers=None):
        file = tmp_path / "requirements.txt"
        file.write_text(text)
        return pinned(file, markers)

    return read


def test_a_pinned_requirement_keeps_its_hashes(lines):
    assert lines(f"six==1.17.0 \\\n    {HASH} \\\n    {HASH}\n") == [f"six==1.17.0 {HASH} {HASH}"]


def test_comments_and_empty_lines_are_passed_over(lines):
    assert lines(f"# why\n\nsix==1.17.0 {HASH}  # a comment\n") == [f"six==1.17.0 {HASH}"]


def test_extras_need_no_mention_since_each_package_stands_for_itself(lines):
    assert lines(f"requests[socks]==2.0 {HASH}") == [f"requests==2.0 {HASH}"]


def test_a_marker_is_judged_by_the_platform_asked_for(lines):
    text = f"colorama==0.4 ; sys_platform == 'win32' {HASH}\nsix==1.17.0 ; sys_platform == 'linux' {HASH}"
    assert lines(text, {"sys_platform": "win32"}) == [f"colorama==0.4 {HASH}"]


def test_lines_that_say_where_packages_are_found_stay(lines):
    assert lines("--no-index\n--find-links=wheels\n") == ["--no-index", "--find-links=wheels"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("six>=1.17", "six is not pinned to one version by =="),
        ("six", "six is not pinned to one version by =="),
        (f"six==1.* {HASH}", "six is not pinned to one version by =="),
        (f"six @ https://example.com/six.whl {HASH}", "six is not pinned to one version by =="),
        ("six==1.17.0", "six has no --hash"),
        ("./mine", "'./mine' is no requirement"),
        ("-r more.txt", "'-r more.txt' is not for functions"),
        ("-e .", "'-e .' is not for functions"),
    ],
)
def test_what_is_not_pinned_is_refused_with_its_line(lines, line, reason):
    with pytest.raises(RequirementsError, match=r"requirements.txt, line 2: ") as refusal:
        lines(f"# first\n{line}\n")
    assert reason in str(refusal.value)
