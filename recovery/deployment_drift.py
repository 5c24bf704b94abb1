"""What differs between the deployments that there ought to be and those that a Prefect server has."""

from collections.abc import Iterable, Mapping, Set
from typing import Any, Literal

from recovery.deployment import TAG, Deployment
from recovery.errors import Refused
from recovery.model import Frozen
from recovery.playbooks import PLAYBOOKS

Facts = Mapping[str, Any]  # of one deployment, by the words of `facts_of`
MOST_SAID = 60


class Change(Frozen):
    """One thing to do.

    Args:
        kind: what to do.
        what: a deployment's or an automation's name.
        fields: for a change, what differs, one sentence each.
    """

    kind: Literal["create", "change", "remove"]
    what: str
    fields: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        return f"{self.kind} {self.what}" + (f": {'; '.join(self.fields)}" if self.fields else "")


def facts_of(wanted: Deployment, form: Mapping[str, Any], pool: str) -> dict[str, Any]:
    """Everything about a deployment that is compared, and set.

    Args:
        wanted: the deployment.
        form: the schema of its parameters.
        pool: the work pool whose workers run it.
    """
    return {
        "description": wanted.description,
        "entrypoint": wanted.entrypoint,
        "tags": sorted(wanted.tags),
        "parameters": wanted.parameters,
        "schedules": [
            {"slug": each.slug, "cron": each.cron, "timezone": each.timezone, "parameters": each.parameters}
            for each in wanted.schedules
        ],
        "at once": f"1, {wanted.collision}",
        "work pool": pool,
        "form": dict(form),
        "form enforced": True,
        "paused": False,
    }


def differences(wanted: Mapping[str, Facts], found: Mapping[str, Facts], kind: str = "") -> tuple[Change, ...]:
    """What would have to be done so that what was found is what is wanted. What nobody wants is to be removed.

    Args:
        wanted, found: name to facts.
        kind: the word before the name, where it is not a deployment.
    """
    changes = [Change(kind="create", what=f"{kind}{name}") for name in wanted if name not in found]
    for name, facts in wanted.items():
        if name in found and (fields := tuple(_differ(facts, found[name]))):
            changes.append(Change(kind="change", what=f"{kind}{name}", fields=fields))
    changes += [Change(kind="remove", what=f"{kind}{name}") for name in found if name not in wanted]
    return tuple(changes)


def ours(full_name: str, tags: Iterable[str], applications: Set[str]) -> bool:
    """Whether `lifeboat deploy` may remove a deployment that no plan wants.

    Args:
        full_name: such as `failover/shop`.
        tags: that it carries.
        applications: only those of these applications, or of any where it is empty.
    """
    carried = set(tags)
    if TAG not in carried or full_name.partition("/")[0] not in PLAYBOOKS:
        return False
    return bool(carried & applications) if applications else True


def refuse_to_remove(changes: Iterable[Change], running: Set[str]) -> None:
    """Raises:
    Refused: a deployment that would be removed has a run under way.
    """
    if busy := sorted(each.what for each in changes if each.kind == "remove" and each.what in running):
        raise Refused(
            f"{', '.join(busy)} would be removed, but has a run under way.",
            remedy="Wait for its end, or cancel it, then deploy again.",
        )


def _differ(wanted: Facts, found: Facts) -> Iterable[str]:
    for field, value in wanted.items():
        if value != found.get(field):
            yield _say_form(value, found.get(field)) if field == "form" else _say(field, value, found.get(field))


def _say_form(wanted: Mapping[str, Any], found: Mapping[str, Any] | None) -> str:
    """Names the fields that differ; what they offer may be long."""
    old = (found or {}).get("properties", {})
    new = wanted.get("properties", {})
    names = [name for name in {**new, **old} if new.get(name) != old.get(name)]
    return f"form differs in {', '.join(names) or 'its definitions'}"


def _say(field: str, wanted: Any, found: Any) -> str:
    before, after = str(found), str(wanted)
    if len(before) + len(after) > MOST_SAID:
        return f"{field} differs" if field == "description" else f"{field} is not as the plan says"
    return f"{field} {before} -> {after}"
