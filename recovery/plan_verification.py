"""The part of a plan that says how its backups are verified."""

from datetime import timedelta

from pydantic import Field

from recovery.model import Frozen
from recovery.plan_types import Duration, Url


class Smoke(Frozen):
    """The application, asked on the restored copy.

    Args:
        command: a program and its words, no shell. It finds the copies in its environment: `LIFEBOAT_<COMPONENT>_DSN`
            of a database, `LIFEBOAT_<COMPONENT>_FOLDER` of files. Without `url` it must end with exit code 0.
        url: where the application then answers; the command is kept running meanwhile, and must answer 200.
        expect_text: a text that the answer, or the command's output, must hold.
        within: how long it may take.
    """

    command: tuple[str, ...] = Field(min_length=1)
    url: Url | None = None
    expect_text: str | None = None
    within: Duration = timedelta(seconds=45)


class Thresholds(Frozen):
    """When a difference to the backup before is a sign of ransomware.

    Args:
        changed_share: so large a share of the files changed, renamed or deleted.
        entropy_jump: so many bits a byte more in one kind of file.
        wrong_beginnings: so large a share of the sampled files that do not begin as their ending says.
        lost_rows: so large a share of a table's rows gone.
        rewritten_tables: so large a share of the tables with as many rows as before and other content.
        least_items: fewer files, or rows in a table, say nothing.
        least_tables: fewer tables say nothing of the share that was rewritten.
    """

    changed_share: float = Field(default=0.5, gt=0, le=1)
    entropy_jump: float = Field(default=1.0, gt=0, le=8)
    wrong_beginnings: float = Field(default=0.2, gt=0, le=1)
    lost_rows: float = Field(default=0.5, gt=0, le=1)
    rewritten_tables: float = Field(default=0.8, gt=0, le=1)
    least_items: int = Field(default=20, ge=1)
    least_tables: int = Field(default=5, ge=1)


class VerificationPolicy(Frozen):
    """How backups are verified, beyond the restore and the proof.

    Args:
        budget: how long the nightly verification of this application may take in all.
        smoke: the application, asked on the restored copy.
        ransomware: when a difference is a sign of ransomware.
        clamav: also scan restored files with `clamscan`.
        yara: also scan restored files with `yara` and this file of rules.
    """

    budget: Duration = timedelta(minutes=20)
    smoke: Smoke | None = None
    ransomware: Thresholds = Thresholds()
    clamav: bool = False
    yara: str | None = None
