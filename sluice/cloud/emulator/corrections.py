"""Corrections within the emulator's process: its API shows the state of what we run in its place.

`ministack.py` has the corrections that can be made from outside. The functions replaced here have no public names.
"""

# ruff: noqa: SLF001

import inspect
import json
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any
from urllib.parse import parse_qs

from sluice.cloud.emulator.guard import Application, Receive, Scope, Send
from sluice.cloud.emulator.ministack import tap_name
from sluice.cloud.emulator.poison import POISON, Poison
from sluice.cloud.emulator.worker_logs import with_reason

MAPPINGS = "/_sluice/mappings"
"""The path at which the runner of mappings reads what to run, and reports what it does."""
SCHEDULES = "/_sluice/schedules"
"""The path at which the runner of schedules reads what to run."""
RULES = "/_sluice/rules"
"""The path at which the runner of rule targets reads what to run."""
OUTBOX = "/_sluice/outbox"
"""The path that returns the mails with the numbers `after` + 1 to `after` + `most`, counted from 1 as they were sent.

With `html=no` they come without their HTML, which is most of their size.
"""
_REVISION = "Revision"
_LAG = "Lag"
_NOT_AWS = ("Enabled", "Qualifier", _REVISION, _LAG)
_DROPPED = ("KMSKeyArn", "LoggingConfig", "MetricsConfig", "StartingPositionTimestamp", "TumblingWindowInSeconds")
"""Settings that the emulator accepts and forgets."""


def correct(application: Application) -> Application:
    """Replaces functions of the emulator, and returns its application with the paths of our runners."""
    from hypercorn.asyncio.tcp_server import TCPServer
    from ministack.services import eventbridge, lambda_svc, s3, scheduler, ses

    TCPServer._read_data = _then_closed(TCPServer._read_data)
    lambda_svc._poll_dynamodb_streams = lambda: False  # it loses failed records: a poller of ours runs the mappings
    lambda_svc._esm_response = _as_aws_shows(lambda_svc._esm_response)
    lambda_svc._create_esm = _created(lambda_svc._create_esm, lambda_svc)
    lambda_svc._update_esm = _updated(lambda_svc._update_esm, lambda_svc)
    eventbridge._invoke_target = _with_taps(eventbridge._invoke_target)
    _tell_versions(s3, eventbridge)
    poison = Poison()
    lambda_svc._execute_function_warm = poison.spoil(with_reason(lambda_svc._execute_function_warm))

    async def corrected(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == MAPPINGS:
            await _answer(list(_mappings_to_run(lambda_svc, scope, await _body(receive))), send)
        elif scope["type"] == "http" and scope["path"] == SCHEDULES:
            await _answer(list(_schedules_to_run(scheduler)), send)
        elif scope["type"] == "http" and scope["path"] == RULES:
            await _answer(list(_targets_to_run(eventbridge)), send)
        elif scope["type"] == "http" and scope["path"] == POISON:
            poison.is_on = json.loads(await _body(receive))
            await _answer(poison.is_on, send)
        elif scope["type"] == "http" and scope["path"] == OUTBOX:
            await _answer(_mails(ses, scope), send)
        else:
            await application(scope, receive, send)

    return corrected


# ---- connections


def _then_closed(original: Callable[[Any], Any]) -> Any:
    """Closes a connection that its client has closed; it would stay open for as long as an idle one: 75 seconds."""

    async def read(connection: Any) -> None:
        await original(connection)
        await connection.idle_task.stop()

    return read


# ---- mappings


def _as_aws_shows(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A mapping with AWS's own values: https://docs.aws.amazon.com/lambda/latest/api/API_GetEventSourceMapping.html."""

    def shown(mapping: dict[str, Any]) -> dict[str, Any]:
        answer = {name: value for name, value in original(mapping).items() if name not in _NOT_AWS}
        result = answer.get("LastProcessingResult", "")
        if result.startswith("OK"):
            answer["LastProcessingResult"] = "OK"
        elif result == "FAILED":
            answer["LastProcessingResult"] = "PROBLEM: Function call failed"
        return answer

    return shown


def _created(original: Callable[[Any], Any], lambda_svc: Any) -> Callable[[Any], Any]:
    def create(data: dict[str, Any]) -> Any:
        answer = original(data)
        if answer[0] >= 300:
            return answer
        return _changed(lambda_svc, json.loads(answer[2])["UUID"], data, "Creating", answer[0])

    return create


def _updated(original: Callable[[Any, Any], Any], lambda_svc: Any) -> Callable[[Any, Any], Any]:
    def update(mapping_id: str, data: dict[str, Any]) -> Any:
        before = lambda_svc._esms.get(mapping_id, {}).get("Enabled")
        answer = original(mapping_id, data)
        if answer[0] >= 300:
            return answer
        enabled = data.get("Enabled", before)
        state = "Updating" if enabled == before else "Enabling" if enabled else "Disabling"
        return _changed(lambda_svc, mapping_id, data, state, answer[0])

    return update


def _changed(lambda_svc: Any, mapping_id: str, data: dict[str, Any], state: str, status: int) -> Any:
    """Keeps settings that the emulator dropped; a stream's mapping is in transition until its runner has read it."""
    mapping = lambda_svc._esms[mapping_id]
    mapping.update({name: data[name] for name in _DROPPED if name in data})
    if _is_of_stream(mapping):
        mapping["State"] = state
        mapping[_REVISION] = mapping.get(_REVISION, 0) + 1
    return lambda_svc.json_response(lambda_svc._esm_response(mapping), status)


def _is_of_stream(mapping: dict[str, Any]) -> bool:
    return ":dynamodb:" in mapping["EventSourceArn"]


def _mappings(lambda_svc: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The mappings of streams in every region."""
    for _account, region, mapping in lambda_svc._iter_all_esms():
        if _is_of_stream(mapping):
            yield region, mapping


def _mappings_to_run(lambda_svc: Any, scope: Scope, body: bytes) -> Iterator[dict[str, Any]]:
    """The mappings; a PUT first reports what the runner did: id -> revision and result."""
    if scope["method"] == "PUT":
        done = json.loads(body)
        for _region, mapping in _mappings(lambda_svc):
            _note(mapping, done.get(mapping["UUID"], {}))
    for region, mapping in _mappings(lambda_svc):
        ours = {name: mapping.get(name) for name in ("Enabled", _REVISION, _LAG)}
        yield {**lambda_svc._esm_response(mapping), **ours, "Region": region}


def _note(mapping: dict[str, Any], done: dict[str, Any]) -> None:
    if "result" in done:
        mapping["LastProcessingResult"] = done["result"]
    mapping[_LAG] = done.get("lag", mapping.get(_LAG))
    if done.get("revision") == mapping[_REVISION]:  # otherwise it was changed again meanwhile
        mapping["State"] = "Enabled" if mapping["Enabled"] else "Disabled"


# ---- schedules and rules


def _is_run_by_us(schedule: dict[str, Any]) -> bool:
    return ":lambda:" in schedule["Target"]["Arn"] and not schedule["ScheduleExpression"].startswith("at(")


def _schedules_to_run(scheduler: Any) -> Iterator[dict[str, Any]]:
    """The schedules of functions in every region."""
    for (_account, region, _name), schedule in list(scheduler._schedules._data.items()):
        if _is_run_by_us(schedule):
            yield {**{name: value for name, value in schedule.items() if value is not None}, "Region": region}


def _targets_to_run(eventbridge: Any) -> Iterator[dict[str, str]]:
    """The functions and queues that are targets of event rules, in every region."""
    for (_account, region, key), targets in list(eventbridge._targets._data.items()):
        bus, _, rule = key.partition("|")
        for target in targets if bus == "default" else []:
            if any(service in target["Arn"] for service in (":lambda:", ":sqs:")):
                yield {"Region": region, "Rule": rule, "Id": target["Id"], "Arn": target["Arn"]}


def _with_taps(original: Callable[..., Any]) -> Callable[..., Any]:
    """Leaves to us the deliveries to functions and queues that the emulator would try only once.

    Our runner fires schedules. An event that a rule matches goes into a tap, if there is one for its target.
    """
    from ministack.services import sqs

    def invoke(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None) -> Any:
        arn = target.get("Arn", "")
        if not any(service in arn for service in (":lambda:", ":sqs:")):
            return original(target, event, rule, view)
        if event.get("Source") == "aws.scheduler":
            return None if _is_run_by_us(rule) else original(target, event, rule, view)
        tap = ":".join(["arn:aws:sqs", *arn.split(":")[3:5], tap_name(rule["Name"], target["Id"])])
        return original({**target, "Arn": tap} if sqs._queue_by_arn(tap) else target, event, rule, view)

    return invoke


def _tell_versions(s3: Any, eventbridge: Any) -> None:
    """Adds the versions of objects to EventBridge's events, as S3's own notifications have them."""
    fire, dispatch = s3._fire_s3_event, eventbridge._dispatch_event
    version: ContextVar[str | None] = ContextVar("version", default=None)

    def fired(*args: Any, **options: Any) -> Any:
        token = version.set(inspect.signature(fire).bind(*args, **options).arguments.get("version_id"))
        try:
            return fire(*args, **options)
        finally:
            version.reset(token)

    def dispatched(event: dict[str, Any], *args: Any, **options: Any) -> Any:
        if event.get("Source") == "aws.s3" and version.get():
            detail = json.loads(event["Detail"])
            detail["object"]["version-id"] = version.get()
            event = {**event, "Detail": json.dumps(detail)}
        return dispatch(event, *args, **options)

    s3._fire_s3_event, eventbridge._dispatch_event = fired, dispatched


# ---- mails


def _mails(ses: Any, scope: Scope) -> dict[str, Any]:
    """The mails that a request asks for, as the emulator keeps them, and how many there are.

    The emulator's own path always returns all of them, and without the data of their templates.
    """
    asked = parse_qs(scope["query_string"].decode("latin-1"))
    after, most = (int(asked[name][0]) for name in ("after", "most"))
    places = [mails for (_account, _region, key), mails in list(ses._sent_emails._data.items()) if key == "entries"]
    sent = places[0] if len(places) == 1 else sorted((mail for each in places for mail in each), key=_sent_at)
    told = sent[after : after + most]
    if asked.get("html") == ["no"]:
        told = [{name: value for name, value in mail.items() if not name.endswith("BodyHtml")} for mail in told]
    return {"total": len(sent), "mails": told}


def _sent_at(mail: dict[str, Any]) -> float:
    return mail["Timestamp"]


# ---- HTTP


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return body


async def _answer(content: Any, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": json.dumps(content).encode()})
