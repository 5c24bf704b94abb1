"""Elastic's two ways: Kibana's webhook connector with our template (docs/alerts.md), and ElastAlert 2's HTTP POST.

Facts: https://www.elastic.co/docs/explore-analyze/alerts-cases/alerts/rule-action-variables and
https://elastalert2.readthedocs.io/en/latest/alerts.html#http-post.
"""

from datetime import datetime
from typing import Any

from recovery.alerts.alert import Malformed, ReceivedAlert
from recovery.alerts.values import as_labels, as_object, as_text, as_time, fingerprint, needed_text

_OWN = frozenset({"rule", "application", "severity", "summary", "message", "@timestamp", "num_hits", "num_matches"})


def read_kibana(body: Any, at: datetime) -> tuple[ReceivedAlert, ...]:
    """The one alert of our template. Kibana gives no beginning that stays the same, but an identifier that does.

    Raises:
        Malformed: it is not what the template makes.
    """
    whole = as_object(body, "the body")
    rule, alert = needed_text(whole.get("rule"), "rule"), needed_text(whole.get("alert"), "alert")
    action = needed_text(whole.get("action_group"), "action_group")
    if "{{" in f"{rule}{alert}{action}":
        raise Malformed("the template was not filled in")
    return (
        ReceivedAlert(
            source="kibana",
            fingerprint=fingerprint(rule, alert),
            group=rule,
            status="resolved" if action.lower() == "recovered" else "firing",
            starts_at=as_time(whole.get("started_at"), at),
            application=as_text(whole.get("application")) or None,
            severity=as_text(whole.get("severity")),
            summary=as_text(whole.get("summary")) or rule,
            labels=as_labels({**whole, "alertname": rule}),
        ),
    )


def read_elastalert(body: Any, at: datetime) -> tuple[ReceivedAlert, ...]:
    """The match that ElastAlert 2 found. It never says that it is over; repeats are told apart by the rule alone.

    Args:
        body: the parsed JSON: the match's fields, and ours of `http_post_static_payload`.
        at: now.

    Raises:
        Malformed: it names no rule.
    """
    whole = as_object(body, "the body")
    rule = needed_text(whole.get("rule"), "rule (http_post_static_payload)")
    application = as_text(whole.get("application")) or None
    return (
        ReceivedAlert(
            source="elastalert",
            fingerprint=fingerprint(rule, application),
            group=rule,
            status="firing",
            starts_at=None,
            application=application,
            severity=as_text(whole.get("severity")),
            summary=as_text(whole.get("summary")) or as_text(whole.get("message")) or rule,
            labels=as_labels(
                {name: each for name, each in whole.items() if name not in _OWN},
                {"alertname": rule, "severity": as_text(whole.get("severity"))},
            ),
        ),
    )
