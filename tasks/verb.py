"""A verb: look at the world, decide, act once, and put on record what was meant and what came of it.

The same two functions serve the Prefect task, the dry run (which looks and stops there) and a run with no Prefect
server at all.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from prefect import Task, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import TaskRunContext

from recovery.decision import Decision
from recovery.errors import NotProved, RecoveryError, Refused
from recovery.outcome import Outcome
from tasks.on_record import failure_on_record, left_alone, since
from tasks.plain_words import speak_plainly
from tasks.run import Run
from tasks.threads import in_thread

Look = Callable[..., Decision]
Act = Callable[..., Outcome]

speak_plainly()


class Verb:
    """One step of a playbook. Call it with a run and its inputs; it returns an `Outcome`."""

    def __init__(
        self,
        name: str,
        look: Look,
        act: Act,
        still: Look | None,
        *,
        timeout: timedelta,
        retries: int,
        delay: float,
        reads: bool,
        undo: str,
    ) -> None:
        self.name, self._look, self._act, self._still = name, look, act, still
        self._timeout, self._retries, self._delay, self._reads = timeout, retries, delay, reads
        self.undo = undo

        async def step(run: Run, inputs: dict[str, Any]) -> Outcome:
            context = TaskRunContext.get()
            return await self._perform(run, inputs, context.task_run.run_count if context else 1)

        self._task: Task[..., Any] = task(
            name=name,
            description=act.__doc__,
            retries=retries,
            retry_delay_seconds=delay,
            retry_condition_fn=_retry,
            cache_policy=NO_CACHE,
            persist_result=False,
        )(step)

    async def __call__(self, run: Run, **inputs: Any) -> Outcome:
        if run.on_platform:
            title = self._title(inputs)
            outcome: Outcome = await self._task.with_options(task_run_name=title, name=title)(run, inputs)
            return outcome
        return await self._without_platform(run, inputs)

    def _title(self, inputs: dict[str, Any]) -> str:
        return self.name.format(**{key: value for key, value in inputs.items() if isinstance(value, str)})

    async def _without_platform(self, run: Run, inputs: dict[str, Any]) -> Outcome:
        for attempt in range(1, self._retries + 1):
            try:
                return await self._perform(run, inputs, attempt)
            except RecoveryError as error:
                if not _worth_retrying(error):
                    raise
                run.say(f"{self._title(inputs)}: {error} Trying again in {self._delay:g} s.")
                await asyncio.sleep(self._delay)
        return await self._perform(run, inputs, self._retries + 1)

    async def _perform(self, run: Run, inputs: dict[str, Any], attempt: int) -> Outcome:
        name, begun = self._title(inputs), time.monotonic()
        if taken := run.taken_over():
            raise Refused(taken, remedy="Follow that run; this one does nothing more.")
        if kept := await self._kept(run, name, inputs):
            run.journal.write("found-done", name, kept.sentence, since(begun), **kept.facts)
            run.say(f"{name}: {kept.sentence}")
            return kept
        with failure_on_record(run, name, begun):
            decision: Decision = await self._bounded(name, self._look, run, inputs)
        if decision.verdict != "go" or (run.dry_run and not self._reads):
            return left_alone(run, name, decision, begun)
        run.say(f"{name}: {decision.sentence}")
        undo = {"undo": self.undo} if self.undo else {}
        run.journal.write("intent", name, decision.sentence, **decision.facts, **undo, attempt=attempt)
        with failure_on_record(run, name, begun):
            outcome: Outcome = await self._bounded(name, self._act, run, {**inputs, "seen": decision})
        run.journal.write("outcome", name, outcome.sentence, since(begun), **outcome.facts)
        run.say(f"{name}: {outcome.sentence} ({since(begun):.1f} s)")
        return outcome

    async def _kept(self, run: Run, name: str, inputs: dict[str, Any]) -> Outcome | None:
        """What an earlier run of the same incident did, where it was done and still stands."""
        before = run.earlier.done(name)
        if before is None or self._still is None:
            return None
        try:
            decision: Decision = await self._bounded(name, self._still, run, {**inputs, "before": before})
        except RecoveryError as error:
            run.say(f"{name}: whether it still stands could not be seen ({error.what}): doing it again.")
            return None
        if decision.verdict != "done":
            return None
        return before.model_copy(update={"sentence": decision.sentence})

    async def _bounded(self, name: str, work: Callable[..., Any], run: Run, inputs: dict[str, Any]) -> Any:
        seconds = self._timeout.total_seconds()
        try:
            return await in_thread(lambda: work(run, **inputs), seconds)
        except TimeoutError:
            raise RecoveryError(
                f"{name} did not end within {seconds:g} s.",
                changed="What it had begun may be half done; the step looks before it acts, so it can be run again.",
                remedy="Look at the last lines of its log, mend what holds it up, and run the playbook again.",
            ) from None


async def _retry(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    return _worth_retrying(await state.aresult(raise_on_failure=False))


def _worth_retrying(error: object) -> bool:
    """A refusal or a failed proof comes out the same however often it is asked."""
    return not isinstance(error, (Refused, NotProved))


def verb(
    name: str,
    *,
    look: Look,
    still: Look | None = None,
    timeout: timedelta = timedelta(minutes=2),
    retries: int = 0,
    delay: float = 2.0,
    reads: bool = False,
    undo: str = "",
) -> Callable[[Act], Verb]:
    """Makes a step out of two functions.

    Args:
        name: the step's name; `{component}` and the like are filled in from the inputs.
        look: reads the world and decides; must change nothing.
        still: for going on with an incident: whether what came of the step `before` still stands (`done`) or not
            (`go`). Without it the step is looked at as if it were new, which it must bear.
        timeout: how long looking, and acting, may each take.
        retries: how often it is tried again, from looking on.
        delay: the seconds between tries.
        reads: acting changes nothing either, so that a dry run does it too.
        undo: how what it did is undone, for people; it goes on record before the step acts.
    """

    def wrap(act: Act) -> Verb:
        return Verb(name, look, act, still, timeout=timeout, retries=retries, delay=delay, reads=reads, undo=undo)

    return wrap
