"""What a CloudWatch alarm puts into an SNS message.

Facts: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html.
"""

from datetime import datetime
from typing import Any

from recovery.alerts.alert import ReceivedAlert
from recovery.alerts.sns import SnsMessage
from recovery.alerts.values import as_labels, as_object, as_text, as_time, needed_text, parse_json

_WANTED = ("AlarmName", "Region", "AWSAccountId", "NewStateValue", "OldStateValue")


def read_cloudwatch(message: SnsMessage, at: datetime) -> tuple[ReceivedAlert, ...]:
    """The alarm that changed. `INSUFFICIENT_DATA` is neither a beginning nor an end, so it is none.

    Args:
        message: whose signature was checked.
        at: now.

    Raises:
        Malformed: it holds no CloudWatch alarm.
    """
    alarm = as_object(parse_json(message.message.encode("utf-8", "replace")), "the message")
    name, state = needed_text(alarm.get("AlarmName"), "AlarmName"), as_text(alarm.get("NewStateValue"))
    if state not in ("ALARM", "OK"):
        return ()
    return (
        ReceivedAlert(
            source="cloudwatch",
            fingerprint=as_text(alarm.get("AlarmArn"), 300) or f"{message.topic}/{name}",
            group=message.topic,
            status="firing" if state == "ALARM" else "resolved",
            starts_at=as_time(alarm.get("StateChangeTime"), at) or message.sent_at(at),
            application=None,
            severity="",
            summary=as_text(alarm.get("AlarmDescription")) or as_text(alarm.get("NewStateReason")) or name,
            labels={**_trigger(alarm.get("Trigger")), **as_labels({key: alarm.get(key) for key in _WANTED})}
            | {"alertname": name},
        ),
    )


def _trigger(trigger: Any) -> dict[str, str]:
    """What the alarm watches: its metric, and the dimensions by their names."""
    if not isinstance(trigger, dict):
        return {}
    dimensions = trigger.get("Dimensions")
    named = {
        as_text(each.get("name"), 100): each.get("value")
        for each in (dimensions if isinstance(dimensions, list) else ())
        if isinstance(each, dict)
    }
    return as_labels(named, {key: trigger.get(key) for key in ("MetricName", "Namespace")})
