"""What a folder holds, as git sees it."""

import os
import subprocess
from pathlib import Path

from recovery.drift import Revision
from recovery.errors import Missing, Refused

SECONDS = 30.0


def read_revision(folder: Path) -> Revision:
    """The commit that is checked out, and what in the folder differs from it. Changes nothing.

    Files that git ignores do not count, but for Terraform's own: `*.tf` and `*.tfvars` steer what is applied.

    Raises:
        Refused: the folder does not lie in git.
        Missing: there is no git here.
    """
    commit = _git(folder, "rev-parse", "HEAD")
    found = _git(folder, "status", "--porcelain", "--untracked-files=all", "--ignored", "-z", "--", ".")
    return Revision(commit=commit.strip(), changed=tuple(sorted(filter(None, map(_changed, found.split("\0"))))))


def _changed(entry: str) -> str:
    """The file of one entry of git's porcelain format, or nothing where it does not count."""
    state, name = entry[:2], entry[3:]
    if state == "!!" and not name.endswith((".tf", ".tf.json", ".tfvars", ".tfvars.json")):
        return ""
    return name


def _git(folder: Path, *words: str) -> str:
    # Nothing of the caller's surroundings may point git at another folder.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            env={**kept, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
        )
    except FileNotFoundError as error:
        raise Missing("There is no git here, so what was reviewed cannot be told.", remedy="Install git.") from error
    except subprocess.TimeoutExpired as error:
        raise Refused(f"git did not answer within {SECONDS:g} s about {folder}.") from error
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["it failed"])[-1]
        raise Refused(
            f"{folder} does not lie in git ({why}), so nobody can tell what was reviewed.",
            remedy="Keep the workspace's folder in a git repository, and check it out here.",
        )
    return done.stdout
