"""The part of a plan that says who is told of what, and who else where nobody answers."""

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, model_validator

from recovery.model import Frozen
from recovery.plan_types import BlockReference, Duration

Topic = Literal[
    "incident",
    "approval",
    "recovered",
    "failed",
    "outage",
    "backup failed",
    "verification failed",
    "drill",
    "drill failed",
    "readiness",
    "note",
]
_WORDS = ", ".join(get_args(Topic))


def _as_list(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


class Notification(Frozen):
    """Where to, and of what. In a plan, a block alone is told of everything.

    Args:
        to: the chat block.
        when: what it is told of.
    """

    to: BlockReference
    when: Annotated[
        tuple[Annotated[Topic, Field(description=f"one of {_WORDS}")], ...],
        BeforeValidator(_as_list),
        Field(min_length=1, description=f"a list of some of {_WORDS}"),
    ] = get_args(Topic)

    @model_validator(mode="before")
    @classmethod
    def _block_alone(cls, value: Any) -> Any:
        return {"to": value} if isinstance(value, str) else value


# The words that `lifeboat plan check` tells people to write.
Notified = Annotated[
    Notification,
    Field(description="a block as type/name, such as slack-chat/operations, or {to: slack-chat/operations, when: []}"),
]


class EscalationStep(Frozen):
    """Who else is told where nobody has answered for a while.

    Args:
        after: so long after people were asked.
        tell: the chat blocks.
    """

    after: Duration
    tell: Annotated[
        tuple[BlockReference, ...],
        BeforeValidator(_as_list),
        Field(min_length=1, description="a block such as pagerduty-events/managers, or a list of them"),
    ]
