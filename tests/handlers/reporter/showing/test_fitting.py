import base64
import quopri

from hypothesis import given
from hypothesis import strategies as st

from handlers.reporter.showing.fitting import Block, Room, sent_size
from tests.handlers.reporter.fakes import unhurried

BLOCKS = st.lists(
    st.builds(
        Block,
        head=st.text(max_size=20),
        rows=st.lists(st.text(max_size=40), max_size=12),
        tail=st.text(max_size=20),
        cut=st.just("and {} more é"),
    ),
    max_size=6,
)


@unhurried
@given(BLOCKS, st.integers(0, 600), st.lists(st.integers(0, 12), max_size=3))
def test_blocks_never_exceed_their_room(blocks: list[Block], size: int, wishes: list[int]) -> None:
    room = Room(size)
    for rows in wishes:
        for block in blocks:
            room.fill(block, rows)
    assert len("".join(map(str, blocks)).encode(errors="surrogatepass")) <= size


def test_a_block_without_rows_is_left_out_whole() -> None:
    block = Block("head", ["row"], "tail", "")
    room = Room(5)
    room.fill(block, 1)
    assert (str(block), room.exceeded) == ("", True)


def test_a_block_says_how_many_rows_are_left_out() -> None:
    block = Block("<", ["a", "b", "c"], ">", "and {} more")
    room = Room(1000)
    room.fill(block, 1)
    assert str(block) == "<aand 2 more>"
    assert not room.exceeded


def test_rows_that_are_left_out_in_any_case_are_counted_too() -> None:
    block = Block("", ["a", "b"], "", "and {} more", others=1000)
    Room(100).fill(block, 2)
    assert str(block) == "aband 1,000 more"


def test_the_number_of_rows_left_out_has_its_room_too() -> None:
    for size in range(30):
        block = Block("", ["a"] * 5000, "", "{}")
        Room(size).fill(block, 1)
        assert len(str(block)) <= size


def test_more_rows_are_taken_where_the_first_ones_ended() -> None:
    block = Block("", ["a", "b", "c"], "", "")
    room = Room(1000)
    for rows in (1, 3):
        room.fill(block, rows)
    assert str(block) == "abc"


@unhurried
@given(st.lists(st.text(max_size=300) | st.text("aé漢🚀= \n\t<", max_size=300), max_size=5))
def test_a_text_takes_no_more_than_it_is_measured_for_however_it_is_sent(parts: list[str]) -> None:
    body = "".join(parts).replace("\r", "").replace("\n", "\r\n").encode()
    printed = quopri.encodestring(body, quotetabs=False).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    based = base64.encodebytes(body).replace(b"\n", b"\r\n")
    measured = sum(sent_size(part.replace("\r", "")) for part in parts)
    assert max(len(printed), len(based)) <= measured


def test_a_text_is_measured_as_what_takes_more() -> None:
    assert sent_size("a" * 999) == 1332 + 18 * 2  # base64 and its line ends
    assert sent_size("é" * 500) == 3000 + 42 * 3  # quoted-printable and its soft line ends
    assert sent_size("\n" * 75) == 200 + 3 * 2  # each is sent as two
