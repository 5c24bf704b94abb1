"""Signs the chain of custody: what was kept of the old site, by which digests, when, and by whom."""

import socket
from datetime import timedelta

from recovery.custody import Custody, sum_up
from recovery.decision import Decision, done
from recovery.model import now
from recovery.outcome import Outcome, did
from recovery.resume import keeps
from tasks.holds import signed_records, started_by
from tasks.keep_evidence import pieces_of
from tasks.run import Run
from tasks.verb import verb


def look(run: Run, kept: list[Outcome]) -> Decision:
    pieces = pieces_of(kept)
    return sum_up(pieces) if pieces or run.dry_run else done("There is nothing to sign for.")


def still(run: Run, kept: list[Outcome], before: Outcome) -> Decision:
    """Signed again only where a piece was kept since."""
    known = set(before.facts.get("kept", ()))
    new = [each.what for each in pieces_of(kept) if each.kept and each.what not in known]
    return look(run, kept) if new else keeps(before)


@verb("sign chain of custody", look=look, still=still, timeout=timedelta(minutes=2), retries=3)
def sign_custody(run: Run, kept: list[Outcome], seen: Decision) -> Outcome:
    """Whoever has the public key can check it without Lifeboat."""
    pieces, last = pieces_of(kept), run.journal.lines[-1]
    record = Custody(
        application=run.plan.application,
        incident=run.incident,
        started_by=started_by(run),
        initiator=run.initiator,
        machine=socket.gethostname(),
        begun_at=min((each.at for each in pieces if each.at), default=now()),
        at=now(),
        journal=last.hash,
        pieces=pieces,
    )
    path = f"evidence/{record.application}/{record.incident}"
    signed_records(run).write(path, record)
    facts = {"pieces": [each.model_dump(mode="json") for each in pieces], "custody": f"{path}.json"}
    return did(f"{seen.sentence} The chain of custody is {path}.json.", **seen.facts, **facts)
