"""A deployment of a playbook, as it ought to be: what the form offers, when it runs, and how many at a time."""

from typing import Any, Literal

from recovery.model import Frozen
from recovery.plan_types import Cron, Timezone

TAG = "lifeboat"  # what `lifeboat deploy` may remove again


class Schedule(Frozen):
    """When a deployment runs by itself.

    Args:
        slug: its name within the deployment.
        cron, timezone: when.
        parameters: what differs from a run that a person starts.
    """

    slug: str
    cron: Cron
    timezone: Timezone
    parameters: dict[str, Any] = {}


class Choice(Frozen):
    """The drop-down of one field of the form.

    Args:
        options: what there is to choose from.
        others: whether something else may be typed in as well, because there may be newer ones.
    """

    options: tuple[str, ...]
    others: bool = False


class Deployment(Frozen):
    """One playbook for one application, or for all of them.

    Args:
        flow: the playbook's name, such as `failover-many`.
        name: the application's, or one of its own where it is of all of them.
        description: what its page in the UI says, in Markdown.
        tags: the first is `TAG`.
        parameters: what the form is filled in with: a dry run, where there is one.
        schedules: when it runs by itself.
        collision: what becomes of a second run beside the first: it waits, or is cancelled.
        choices: parameter to its drop-down.
    """

    flow: str
    name: str
    description: str
    tags: tuple[str, ...]
    parameters: dict[str, Any]
    schedules: tuple[Schedule, ...] = ()
    collision: Literal["ENQUEUE", "CANCEL_NEW"]
    choices: dict[str, Choice] = {}

    @property
    def full_name(self) -> str:
        """As the server and the command line name it: `failover/shop`."""
        return f"{self.flow}/{self.name}"

    @property
    def entrypoint(self) -> str:
        """Where a worker finds the flow: by its module, which is installed, whatever folder the worker runs it in."""
        function = self.flow.replace("-", "_")
        return f"flows.{function}.{function}"
