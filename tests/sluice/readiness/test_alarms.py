from sluice.readiness.alarms import subscriptions
from tests.sluice.scripted import Scripted

CONFIRMED = {"Endpoint": "a@example.com", "SubscriptionArn": "arn:aws:sns:x:1:alarms:1"}
WAITING = {"Endpoint": "b@example.com", "SubscriptionArn": "PendingConfirmation"}


def told(*found, **more):
    target = Scripted({"sns.list_subscriptions_by_topic": {"Subscriptions": list(found)}}, **more)
    return [(finding.status, finding.detail) for finding in subscriptions(target)]


def test_a_confirmed_subscription_is_ready():
    assert told(CONFIRMED) == [("ready", "1 subscription confirmed")]


def test_each_that_is_not_confirmed_is_told():
    assert told(CONFIRMED, WAITING) == [
        ("not ready", "b@example.com has not confirmed the subscription to the alarms"),
        ("ready", "1 subscription confirmed"),
    ]


def test_nobody_subscribed_is_not_ready():
    assert told() == [("not ready", "nobody is subscribed to the alarms")]


def test_the_embedded_cloud_rings_nobody():
    assert told(endpoint="http://127.0.0.1:1") == [
        ("unknown", "the embedded cloud cannot know: it raises no alarm and mails no subscriber")
    ]
