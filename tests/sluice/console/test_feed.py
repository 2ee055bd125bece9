from threading import Thread

from sluice.cloud.triggers.schedules import Fired
from sluice.console.feed import Feed


def fired(number):
    return Fired("schedule", "function", str(number), None)


def test_events_are_told_on_and_kept_in_order():
    shown = []
    feed = Feed(shown.append)
    for number in (1, 2, 3):
        feed.tell(fired(number))
    assert shown == [fired(1), fired(2), fired(3)]
    assert [(each.number, each.event) for each in feed.after(1)] == [(2, fired(2)), (3, fired(3))]
    assert feed.after(3) == []


def test_the_oldest_events_are_let_go_of():
    feed = Feed()
    for number in range(10_100):
        feed.tell(fired(number))
    assert feed.told == 10_100
    kept = feed.after()
    assert (len(kept), kept[0].number, kept[-1].number) == (10_000, 101, 10_100)


def test_several_threads_tell_at_once():
    feed = Feed()
    threads = [Thread(target=lambda: [feed.tell(fired(0)) for _ in range(500)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.number for each in feed.after()] == list(range(1, 2001))
