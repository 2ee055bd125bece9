"""A week of use: each day has random load, faults, kills, saved settings and redrives; at night all comes to an end.

Then nothing fails any more, and what is among the failures is sent again until everything is done.
"""

import copy
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any, Self

import yaml

from sluice.cloud.embedded import EmbeddedCloud, Stack
from sluice.cloud.faults.proxy import FaultProxy
from sluice.cloud.faults.rules import Rule
from sluice.failures.failure import Failure
from sluice.failures.files import discard_files, file_failures, redrive_files
from sluice.failures.queues import import_failures, redrive_imports, redrive_reports, report_failures
from sluice.failures.stream import redrive_stream, stream_failures
from sluice.reloading import Reloader
from tests.proof.faults import faults_of, lost_answers, spare_marks, workers
from tests.proof.soak.load import Load
from tests.proof.soak.settings import BY_DAY, RETENTION_DAYS, SETTINGS
from tests.stacks import eventually, target

STEPS = {
    "change": 700,
    "flood": 8,
    "count": 60,
    "file": 30,
    "large": 3,
    "poison": 3,
    "report": 6,
    "weather": 12,
    "kill": 8,
    "save": 8,
    "blunder": 2,
    "redrive": 6,
}
"""What happens in a day, and how often beside the others."""
_NIGHT_SECONDS = 900
_IMPORT_SECONDS, _HIDDEN_SECONDS = 10, 5
_SERVICES = ("dynamodb", "s3", "sqs", "sesv2", "ses")
_MAILING = ("-notifier-", "-reporter-")


class Week:
    """The cloud with its stack, what is asked of it, and what is done to it.

    Attributes:
        load: what is asked, and its account.
        done: how often each step was taken.
        redriven: what was sent again, by its pipeline.
        faulty: how many requests were made to fail.
    """

    def __init__(self, cloud: EmbeddedCloud, faults: FaultProxy, root: Path, seed: int) -> None:
        self.cloud = cloud
        self.done, self.redriven, self.faulty = Counter[str](), Counter[str](), 0
        self._faults, self._root, self._day = faults, root, -1
        self._random, self._machine = Random(seed), Random(seed)  # the second one's choices depend on what runs
        self._settings = copy.deepcopy(SETTINGS)
        self._save_settings()
        stack = cloud.deploy("local", root=root, functions_endpoint=faults.endpoint)
        _quicken(stack)
        self.load = Load(self._random, stack)
        self._reloader = Reloader(cloud, root)

    def __enter__(self) -> Self:
        self._reloader.start()
        self._reloader.follow(self.stack, self._follow)
        return self

    def __exit__(self, *_: object) -> None:
        self._reloader.stop()

    @property
    def stack(self) -> Stack:
        """The stack as it is now."""
        return self.load.stack

    def spend_day(self, steps: int, pace: float) -> None:
        """Takes each kind of step once and others at random, one in so many seconds where they are quicker."""
        self._begin_day()
        kinds = [*STEPS, *self._random.choices(list(STEPS), list(STEPS.values()), k=max(0, steps - len(STEPS)))]
        self._random.shuffle(kinds)
        begun = time.monotonic()
        for number, kind in enumerate(kinds):
            time.sleep(max(0.0, begun + number * pace - time.monotonic()))
            asked: Callable[[Any], None] | None = getattr(self.load, kind, None)
            if asked:
                asked(self._streams)
            else:
                getattr(self, f"_{kind}")()
            self.done[kind] += 1

    def spend_night(self, undone: Callable[[], list[str]]) -> list[Failure]:
        """Sends again what failed until all is done, and discards the files that cannot be imported.

        Args:
            undone: what is not done so far.

        Returns:
            What is among the failures at the end.
        """
        self._set_faults([])
        self.load.report(self._streams)  # of what is there in the end
        end = time.monotonic() + _NIGHT_SECONDS
        while True:
            self.stack.wait_idle(_NIGHT_SECONDS)
            self._redrive()
            left = [*map(str, self._failures()), *undone()]
            if not left:
                break
            assert time.monotonic() < end, f"not done in the night: {len(left)}, such as {left[:5]}"
            time.sleep(2)  # the outbox is read whole, and those at work wait for it
        discarded = discard_files(target(self.stack), lambda one: self.load.is_poison(one.where))
        assert all(not one.error for one in discarded)
        return [*self._failures(), *file_failures(target(self.stack))]

    @property
    def _streams(self) -> dict[str, Any]:
        return self._settings["streams"]

    def _begin_day(self) -> None:
        """Saves what is another today, and waits until it is live: what has to come of a change is clear then."""
        self._day += 1
        today = BY_DAY[self._day % len(BY_DAY)]
        own = {name: {**settings, **today.get(name, {})} for name, settings in SETTINGS["streams"].items()}
        days = RETENTION_DAYS[self._day % len(RETENTION_DAYS)]
        self._settings |= {"streams": own, "operations": {"logRetentionDays": days}}
        self._save_settings()

        def is_live() -> bool:
            groups = self.stack.graph.of_type("aws:cloudwatch/logGroup:LogGroup")
            return all(group.inputs["retentionInDays"] == days for group in groups)

        eventually(is_live, 120)

    def _weather(self) -> None:
        """Sets how much fails from now on: nothing, little or much."""
        scale = self._random.choice((0, 0.3, 1))
        self._faults.seed = self._random.randrange(10**6)
        faults = faults_of(*_SERVICES, scale=scale)
        spare_marks(faults)
        crash = {"service": "lambda", "operation": "Invoke"}
        crashes = [
            Rule("function_error", **crash, rate=0.1 * scale),
            Rule("function_error", **crash, rate=0.05 * scale, after_work=True),
        ]
        self._set_faults([*crashes, *faults, *lost_answers("dynamodb", "s3", "sqs", scale=scale)])

    def _kill(self) -> None:
        """Kills what runs functions, at work or not; but those that mail, which may mail again once they are killed."""
        running = workers(self.cloud.server.pid)
        for worker in self._machine.sample(running, self._machine.randint(0, len(running))):
            with suppress(OSError):
                if not any(name in Path(f"/proc/{worker}/cmdline").read_text() for name in _MAILING):
                    os.kill(worker, signal.SIGKILL)
                    self.done["killed"] += 1

    def _save(self) -> None:
        """Saves something that changes how work is done, and not what comes of it."""
        stream, imported = self._random.choice(list(self._streams)), self._random.choice(("items", "products"))
        choice, number = self._random.randrange(6), self._random.randrange(10, 100)
        if choice == 0:
            self._streams[stream]["batchSize"] = number
        elif choice == 1:
            self._settings["imports"][imported] |= {"chunkMiB": number % 2 + 1, "maximumConcurrency": number % 8 + 2}
        elif choice == 2:
            self._settings["reports"]["shops"]["itemsPerTable"] = number
        if choice < 3:
            self._save_settings()
        else:
            path, comment = (
                ("infra/templates/welcome/body.html", "<!-- {} -->\n"),
                ("handlers/archiver/archive.py", "# {}\n"),
                ("handlers/importer/worker.py", "# {}\n"),
            )[choice - 3]
            with (self._root / path).open("a") as file:
                file.write(comment.format(number))

    def _blunder(self) -> None:
        """Saves a mistake, and mends it soon after."""
        path = self._root / self._random.choice(("Pulumi.local.yaml", "handlers/notifier/handler.py"))
        good = path.read_text()
        path.write_text(f"{good}\n]broken(\n")
        time.sleep(self._random.random())
        path.write_text(good)

    def _redrive(self) -> None:
        for redrive in (redrive_stream, redrive_imports, redrive_reports):
            for one in redrive(target(self.stack)):
                self.redriven[one.failure.pipeline] += one.done
        for one in redrive_files(target(self.stack), lambda one: not self.load.is_poison(one.where)):
            self.redriven[one.failure.pipeline] += one.done

    def _failures(self) -> list[Failure]:
        """All but the files: the account says which of those are to fail."""
        listings = (stream_failures, import_failures, report_failures)
        return [failure for listing in listings for failure in listing(target(self.stack))]

    def _set_faults(self, rules: list[Rule]) -> None:
        self.faulty += sum(rule.fired for rule in self._faults.rules)
        self._faults.rules = rules

    def _save_settings(self) -> None:
        config = {f"sluice:{section}": settings for section, settings in self._settings.items()}
        text = yaml.safe_dump({"config": {"aws:region": "eu-north-1", **config}}, allow_unicode=True)
        (self._root / "Pulumi.local.yaml").write_text(text)

    def _follow(self, stack: Stack) -> None:
        _quicken(stack)
        self.load.stack = stack


def _quicken(stack: Stack) -> None:
    """Has what an importer left, failed or killed, come back within seconds: in AWS it takes minutes.

    Who mails keeps its time: the shorter it is, the sooner an answer of SES counts as lost, and its mail goes again.
    """
    lambda_, sqs = stack.cloud.client("lambda"), stack.cloud.client("sqs")
    for each in stack.outputs["imports"].values():
        lambda_.update_function_configuration(FunctionName=each["function_name"], Timeout=_IMPORT_SECONDS)
        sqs.set_queue_attributes(QueueUrl=each["queue_url"], Attributes={"VisibilityTimeout": str(_HIDDEN_SECONDS)})
