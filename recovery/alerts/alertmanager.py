"""Prometheus Alertmanager's webhook (version 4), and Grafana's, which has the same shape (version 1).

Facts: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config, and Grafana's webhook notifier page.
"""

from datetime import datetime
from typing import Any

from recovery.alerts.alert import Malformed, ReceivedAlert, Status
from recovery.alerts.values import as_labels, as_list, as_object, as_text, as_time, fingerprint


def read_alertmanager(body: Any, at: datetime) -> tuple[ReceivedAlert, ...]:
    """Every alert of a group; each has a status of its own, whatever the group's is.

    Args:
        body: the parsed JSON.
        at: now.

    Raises:
        Malformed: it is none of Alertmanager's.
    """
    return _group(body, "alertmanager", at)


def read_grafana(body: Any, at: datetime) -> tuple[ReceivedAlert, ...]:
    """The same, from Grafana: its labels `alertname` and `grafana_folder` tell rules apart. Raises `Malformed`."""
    return _group(body, "grafana", at)


def _group(body: Any, source: str, at: datetime) -> tuple[ReceivedAlert, ...]:
    whole = as_object(body, "the body")
    group = as_text(whole.get("groupKey"), 1_000) or "no group"
    alerts = as_list(whole.get("alerts"), "alerts")
    return tuple(_alert(as_object(each, "an alert"), source, group, at) for each in alerts)


def _alert(alert: dict[str, Any], source: str, group: str, at: datetime) -> ReceivedAlert:
    labels = as_labels(alert.get("labels"))
    annotations = as_labels(alert.get("annotations"))
    name = labels.get("alertname", "an alert without a name")
    return ReceivedAlert(
        source=source,
        fingerprint=as_text(alert.get("fingerprint"), 100) or fingerprint(labels),
        group=group,
        status=_status(alert.get("status")),
        starts_at=as_time(alert.get("startsAt"), at),
        application=labels.get("application") or labels.get("service"),
        severity=labels.get("severity", ""),
        summary=annotations.get("summary") or annotations.get("description") or name,
        labels=labels,
    )


def _status(value: Any) -> Status:
    if value == "firing":
        return "firing"
    if value == "resolved":
        return "resolved"
    raise Malformed("an alert's status is neither firing nor resolved")
