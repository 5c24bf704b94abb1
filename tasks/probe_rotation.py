"""Waits until no server and no resolver hands out a site that is out of rotation, or until they hand it out again."""

import time
from datetime import timedelta

from recovery.decision import Decision, go
from recovery.errors import RecoveryError
from recovery.model import now
from recovery.outcome import Outcome, did
from recovery.plan import HealthProbe
from recovery.rotation import LOOKS, in_for_all, out_for_all
from tasks.requests import ask
from tasks.rotation import other_site, site_of, zone_of
from tasks.run import Run
from tasks.verb import verb

EVERY = 0.2  # seconds between two looks
Looks = list[dict[str, tuple[str, ...]]]


def look(run: Run, site: str, out: bool) -> Decision:
    return go(f"Asking every server and resolver for {run.plan.dns.name}, {LOOKS} times or more.")


@verb("probe rotation", look=look, timeout=timedelta(hours=1))
def probe_rotation(run: Run, site: str, out: bool, seen: Decision) -> Outcome:
    """DNS answers one site in turn, so that one answer shows nothing; resolvers keep one for its time to live."""
    begun, address = time.monotonic(), site_of(run, site).address
    looks: Looks = []
    deadline = begun + run.plan.dns.drain.total_seconds()
    decision = _look_once(run, looks, address, out, late=False)
    while decision.verdict != "done":
        if late := time.monotonic() > deadline:
            decision = _look_once(run, looks, address, out, late=late)
            break
        time.sleep(EVERY)
        decision = _look_once(run, looks, address, out, late=late)
    if decision.verdict != "done":
        raise RecoveryError(
            decision.sentence,
            changed="DNS was changed; some users may still be sent where they were before.",
            remedy=decision.remedy,
        )
    seconds = round(time.monotonic() - begun, 3)
    run.journal.write("mark", "dns drained", decision.sentence, at=now().isoformat())
    served = _serving(run, other_site(run, site).url if out else site_of(run, site).url)
    run.journal.write("mark", "healthy", served, at=now().isoformat())
    answers = {server: list(values) for server, values in looks[-1].items()}
    return did(f"{decision.sentence} {served}", answers=answers, looks=len(looks), drained_seconds=seconds)


def _look_once(run: Run, looks: Looks, address: str, out: bool, late: bool) -> Decision:
    looks.append(zone_of(run).answers(run.plan.dns.name))
    if out:
        return out_for_all(looks[-LOOKS:], address)
    return in_for_all(looks, address, late)


def _serving(run: Run, url: str) -> str:
    result = ask(url, HealthProbe(name="in rotation", path=run.plan.monitor.path), host=run.plan.dns.name)
    if not result.ok:
        raise RecoveryError(
            f"DNS is as it should be, but the site in rotation does not answer: {result.sentence}.",
            changed="DNS was changed.",
            remedy="Look at the application's log there.",
        )
    return f"{result.sentence}."
