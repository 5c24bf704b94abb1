"""Any JSON, by a mapping of JMESPath expressions (https://jmespath.org): Datadog's webhook, and whatever there is."""

from datetime import datetime
from typing import Annotated, Any

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import AfterValidator, Field

from recovery.alerts.alert import Malformed, ReceivedAlert, Status
from recovery.alerts.values import MOST_ALERTS, as_labels, as_object, as_text, as_time, fingerprint
from recovery.model import Frozen


def _compiles(expression: str) -> str:
    try:
        jmespath.compile(expression)
    except JMESPathError as error:
        raise ValueError(f"{expression!r} is no JMESPath expression") from error
    return expression


Expression = Annotated[str, AfterValidator(_compiles), Field(description="a JMESPath expression", max_length=500)]


class Mapping(Frozen):
    """Where an alert's parts stand in the body.

    Args:
        alerts: leads to the alert, or to a list of them; the others are read from there.
        fingerprint: what stays the same for every repeat and for the end.
        group: what belongs together.
        status: what says whether it is wrong still.
        firing: the values of `status` that mean so; any case.
        resolved: the values of it that mean it is over. Others are turned down, so that none is misread.
        ignored: the values of it that mean neither.
        starts_at: since when.
        application, severity, summary: the rest.
        labels: leads to an object with more.
    """

    alerts: Expression = "@"
    fingerprint: Expression
    group: Expression | None = None
    status: Expression
    firing: tuple[str, ...] = Field(min_length=1)
    resolved: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    starts_at: Expression | None = None
    application: Expression | None = None
    severity: Expression | None = None
    summary: Expression | None = None
    labels: Expression | None = None


def read_mapped(mapping: Mapping, body: Any, at: datetime) -> tuple[ReceivedAlert, ...]:
    """Every alert that the mapping finds.

    Args:
        mapping: of the endpoint.
        body: the parsed JSON.
        at: now.

    Raises:
        Malformed: it finds none, or one whose status it does not know.
    """
    found = _search(mapping.alerts, body)
    alerts = found if isinstance(found, list) else [found]
    if not alerts or len(alerts) > MOST_ALERTS:
        raise Malformed(f"the mapping finds no alert, or more than {MOST_ALERTS}")
    read = (_alert(mapping, as_object(each, "an alert"), at) for each in alerts)
    return tuple(each for each in read if each is not None)


def _alert(mapping: Mapping, body: dict[str, Any], at: datetime) -> ReceivedAlert | None:
    def text(expression: str | None) -> str:
        return as_text(_search(expression, body)) if expression else ""

    status = _status(mapping, text(mapping.status))
    if status is None:
        return None
    name = text(mapping.fingerprint)
    if not name:
        raise Malformed("the mapping finds no fingerprint")
    group, severity = text(mapping.group) or name, text(mapping.severity)
    return ReceivedAlert(
        source="json",
        fingerprint=fingerprint(name),
        group=group,
        status=status,
        starts_at=as_time(_search(mapping.starts_at, body), at) if mapping.starts_at else None,
        application=text(mapping.application) or None,
        severity=severity,
        summary=text(mapping.summary) or name,
        labels=as_labels(_search(mapping.labels, body) if mapping.labels else None, {"severity": severity}),
    )


def _status(mapping: Mapping, value: str) -> Status | None:
    if value.lower() in {each.lower() for each in mapping.firing}:
        return "firing"
    if value.lower() in {each.lower() for each in mapping.resolved}:
        return "resolved"
    if value.lower() in {each.lower() for each in mapping.ignored}:
        return None
    raise Malformed("the mapping does not know this status")


def _search(expression: str, body: Any) -> Any:
    try:
        return jmespath.search(expression, body)
    except (JMESPathError, RecursionError, ValueError, TypeError) as error:
        raise Malformed("the mapping's expressions do not fit the body") from error
