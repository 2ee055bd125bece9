"""Runs the mappings of DynamoDB streams in the Lambda API: those of stacks, and those created by hand."""

import json
from contextlib import suppress
from typing import Any

from sluice.aws_errors import AWS_ERRORS
from sluice.cloud.emulator.corrections import MAPPINGS
from sluice.cloud.emulator.own_paths import ask
from sluice.cloud.triggers.runners import Follower
from sluice.cloud.triggers.streams import events
from sluice.cloud.triggers.streams.mapping import StreamMapping
from sluice.cloud.triggers.streams.poller import StreamPoller
from sluice.cloud.triggers.streams.worker import Clients


class _Run:
    """The state of one mapping.

    Attributes:
        poller: its poller.
        revision: the revision of the running configuration.
        result: the result of the last batch, in AWS's words.
        reported: what was last reported to the emulator.
    """

    def __init__(self) -> None:
        self.poller: StreamPoller | None = None
        self.revision = 0
        self.result: str | None = None
        self.reported: dict[str, Any] = {}

    def stop(self) -> None:
        if self.poller:
            self.poller.stop()


class StreamMappings(Follower):
    """Runs all of them, in threads of its own, until it is stopped."""

    path = MAPPINGS
    subject = "mappings"

    def __init__(self, *emulator: Any) -> None:
        """Prepares it; see `Follower`."""
        super().__init__(*emulator)
        self._runs: dict[str, _Run] = {}

    def stop(self) -> None:
        """Stops; returns when nothing is running.

        Raises:
            RuntimeError: a poller crashed while it ran; all are stopped nevertheless.
        """
        super().stop()
        failures: list[RuntimeError] = []
        for run in self._runs.values():
            try:
                run.stop()
            except RuntimeError as error:
                failures.append(error)
        if failures:
            raise failures[0]

    def poller(self, mapping_id: str) -> StreamPoller:
        """The poller of a mapping.

        Raises:
            ValueError: the mapping is not run here; the message says why.
        """
        run = self._runs[mapping_id]
        if run.poller is None:
            raise ValueError(run.result)
        return run.poller

    def _follow(self, listed: list[dict[str, Any]]) -> None:
        """Runs the mappings as they are configured now, and reports the results of the last batches."""
        configurations = {mapping["UUID"]: mapping for mapping in listed}
        for gone in self._runs.keys() - configurations.keys():
            with suppress(RuntimeError):  # raised before, in `wait_idle`
                self._runs.pop(gone).stop()
        for mapping_id, configuration in configurations.items():
            run = self._runs.setdefault(mapping_id, _Run())
            if run.revision != configuration["Revision"]:
                self._configure(run, configuration)
        self._report()

    def _configure(self, run: _Run, configuration: dict[str, Any]) -> None:
        """Runs a mapping as it is configured now."""
        revision, enabled, region = (configuration.pop(name) for name in ("Revision", "Enabled", "Region"))
        configuration.pop("Lag", None)
        try:
            mapping = StreamMapping.from_configuration(configuration)
            run.stop()
            if enabled or not run.poller:
                run.poller = self._poller(mapping, region, run)
            if enabled:
                run.poller.start()
        except AWS_ERRORS as error:  # its function is gone, or the emulator is busy: retried at the next look
            run.result = f"PROBLEM: {error}"
            return
        except Exception as error:  # not run here; or its poller crashed, which is raised at the end
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

        def on_event(event: events.Event) -> None:
            run.result = _result(event, run.result)
            self._on_event(event)

        return StreamPoller(mapping, clients, on_event=on_event)

    def _report(self) -> None:
        news: dict[str, dict[str, Any]] = {}
        for mapping_id, run in self._runs.items():
            report = {"revision": run.revision, **({"result": run.result} if run.result else {})}
            if run.poller:
                report["lag"] = {"records": run.poller.lag, "oldest": run.poller.oldest}
            if report != run.reported:
                news[mapping_id] = report
        if news:
            ask(self._endpoint, self.path, self._token, json.dumps(news).encode())
        for mapping_id, report in news.items():
            self._runs[mapping_id].reported = report


def _result(event: events.Event, before: str | None) -> str | None:
    """Lambda's result of the last batch."""
    match event:
        case events.Invoked(error=None):  # also where it reported failures of single records
            return "OK"
        case events.Invoked() | events.Delayed(operation="Invoke"):
            return "PROBLEM: Function call failed"
        case events.Delayed(operation=operation, error=error):
            return f"PROBLEM: {operation}: {error}"
        case _:
            return before
