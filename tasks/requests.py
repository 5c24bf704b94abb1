"""Asks the application over HTTP, as its users would."""

import time

import httpx

from recovery.model import Frozen
from recovery.plan import HealthProbe

TIMEOUT = httpx.Timeout(3.0)


class ProbeResult(Frozen):
    """What one probe came to. `status` is None where nothing answered."""

    name: str
    ok: bool
    sentence: str
    status: int | None
    seconds: float


def ask(base_url: str, probe: HealthProbe, host: str | None = None) -> ProbeResult:
    """Sends one probe and says whether it was answered as the plan expects.

    Args:
        base_url: where to, `http://address:port`.
        probe: what to ask and what to expect.
        host: the name to ask for, where the address was looked up already.
    """
    begun = time.monotonic()
    url = base_url.rstrip("/") + probe.path
    headers = {"Host": host} if host else {}
    try:
        with httpx.Client(timeout=TIMEOUT, trust_env=False) as client:
            answer = client.request(probe.method, url, json=probe.body, headers=headers)
    except httpx.HTTPError as error:
        why = f"{probe.name}: {probe.method} {url} was not answered ({type(error).__name__})"
        return ProbeResult(name=probe.name, ok=False, sentence=why, status=None, seconds=time.monotonic() - begun)
    fault = _fault(probe, answer)
    sentence = f"{probe.name}: {probe.method} {url} answered {answer.status_code}{fault}"
    seconds = time.monotonic() - begun
    return ProbeResult(name=probe.name, ok=not fault, sentence=sentence, status=answer.status_code, seconds=seconds)


def _fault(probe: HealthProbe, answer: httpx.Response) -> str:
    if answer.status_code != probe.expect_status:
        return f", not {probe.expect_status}"
    if probe.expect_text is not None and probe.expect_text not in answer.text:
        return f" without {probe.expect_text!r} in it"
    return ""
