"""Runs the mappings of DynamoDB streams as the Lambda API has them: those of stacks, and those that somebody makes."""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sluice.aws_errors import AWS_ERRORS
from sluice.cloud.emulator.clients import Cloud
from sluice.cloud.emulator.corrections import MAPPINGS
from sluice.cloud.emulator.own_paths import ask
from sluice.cloud.triggers.streams import events
from sluice.cloud.triggers.streams.mapping import StreamMapping
from sluice.cloud.triggers.streams.poller import StreamPoller
from sluice.cloud.triggers.streams.worker import Clients
from sluice.cloud.triggers.watching import Watch


class _Run:
    """What is known of one mapping."""

    def __init__(self) -> None:
        self.poller: StreamPoller | None = None
        self.revision = 0
        """The one that runs."""
        self.result: str | None = None
        """What came of the last batch, in AWS's words."""
        self.told: dict[str, Any] = {}
        """What the emulator was told of it last."""

    def stop(self) -> None:
        if self.poller:
            self.poller.stop()


class StreamMappings:
    """Runs all of them, in threads of its own, until it is stopped."""

    def __init__(
        self,
        endpoint: str,
        token: str,
        cloud_of: Callable[[str, str], Cloud],
        on_event: Callable[[Any], None],
        stopping: threading.Event,
    ) -> None:
        """Prepares it.

        Args:
            endpoint: the emulator's address.
            token: what its own paths ask for.
            cloud_of: clients in a region, for what invokes a function, given by its ARN.
            on_event: told what happens, from several threads.
            stopping: set before the emulator ends.
        """
        self._endpoint, self._token, self._cloud_of, self._on_event = endpoint, token, cloud_of, on_event
        self._runs: dict[str, _Run] = {}
        self._looking = threading.Lock()
        self._watch = Watch(self.look, "mappings", stopping)

    def start(self) -> None:
        """Begins to watch for changes; those that were made before are heard of at the first look."""
        self._watch.start()

    def stop(self) -> None:
        """Ends; returns when nothing is under way.

        Raises:
            RuntimeError: a poller broke while it ran; all are stopped nevertheless.
        """
        self._watch.stop()
        broken: list[RuntimeError] = []
        for run in self._runs.values():
            try:
                run.stop()
            except RuntimeError as error:
                broken.append(error)
        if broken:
            raise broken[0]

    def poller(self, mapping_id: str) -> StreamPoller:
        """What runs a mapping.

        Raises:
            ValueError: it is not run here; the message says why.
        """
        run = self._runs[mapping_id]
        if run.poller is None:
            raise ValueError(run.result)
        return run.poller

    def look(self) -> None:
        """Follows what the Lambda API was told since the last look, and tells it what came of the last batches.

        Raises:
            OSError, http.client.HTTPException, ValueError: the emulator does not answer as it should.
        """
        with self._looking:
            listed = {mapping["UUID"]: mapping for mapping in ask(self._endpoint, MAPPINGS, self._token)}
            for gone in self._runs.keys() - listed.keys():
                with suppress(RuntimeError):  # told before, by who waited for it
                    self._runs.pop(gone).stop()
            for mapping_id, configuration in listed.items():
                run = self._runs.setdefault(mapping_id, _Run())
                if run.revision != configuration["Revision"]:
                    self._follow(run, configuration)
            self._tell()

    def _follow(self, run: _Run, configuration: dict[str, Any]) -> None:
        """Runs a mapping as it is configured now."""
        revision, enabled, region = (configuration.pop(name) for name in ("Revision", "Enabled", "Region"))
        try:
            mapping = StreamMapping.from_configuration(configuration)
            run.stop()
            if enabled or not run.poller:
                run.poller = self._poller(mapping, region, run)
            if enabled:
                run.poller.start()
        except AWS_ERRORS as error:  # its function is gone, or the emulator is busy: tried again at the next look
            run.result = f"PROBLEM: {error}"
            return
        except Exception as error:  # not run here; or its poller broke, which is told at the end
            run.result = f"PROBLEM: {error}"
        run.revision = revision

    def _poller(self, mapping: StreamMapping, region: str, run: _Run) -> StreamPoller:
        cloud = self._cloud_of(region, mapping.function_arn)
        function = cloud.client("lambda").get_function_configuration(FunctionName=mapping.function_arn)
        role = cloud.as_role(function["Role"])
        clients = Clients(role.client("dynamodbstreams"), cloud.invoking(), role.client("s3"))
        if run.poller:
            run.poller.change(mapping, clients)
            return run.poller

        def heard(event: events.Event) -> None:
            run.result = _result(event, run.result)
            self._on_event(event)

        return StreamPoller(mapping, clients, on_event=heard)

    def _tell(self) -> None:
        news: dict[str, dict[str, Any]] = {}
        for mapping_id, run in self._runs.items():
            now = {"revision": run.revision, **({"result": run.result} if run.result else {})}
            if now != run.told:
                news[mapping_id] = now
        if news:
            ask(self._endpoint, MAPPINGS, self._token, json.dumps(news).encode())
        for mapping_id, now in news.items():
            self._runs[mapping_id].told = now


def _result(event: events.Event, before: str | None) -> str | None:
    """What Lambda says of the last batch."""
    match event:
        case events.Invoked(error=None):  # also where it reported failures of single records
            return "OK"
        case events.Invoked() | events.Delayed(operation="Invoke"):
            return "PROBLEM: Function call failed"
        case events.Delayed(operation=operation, error=error):
            return f"PROBLEM: {operation}: {error}"
        case _:
            return before
