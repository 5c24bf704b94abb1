"""Every sender's format comes down to the same alert; what is none is turned down, and nothing in it is trusted."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alert_fixtures import (
    ALARM,
    ALERTMANAGER,
    AT,
    DATADOG,
    DATADOG_MAPPING,
    ELASTALERT,
    GRAFANA,
    KIBANA,
    SnsSigner,
)
from hypothesis import given, settings
from hypothesis import strategies as some
from pydantic import ValidationError

from recovery.alerts.alert import Malformed, ReceivedAlert
from recovery.alerts.configuration import Endpoint
from recovery.alerts.mapping import Mapping
from recovery.alerts.read import read_alerts
from recovery.alerts.sns import read_sns
from recovery.alerts.values import as_text, as_time

BEGAN = datetime(2026, 11, 23, 20, 21, 36, 672000, tzinfo=UTC)


def endpoint(kind: str) -> Endpoint:
    rules: dict[str, Any] = {"kind": "bearer", "secret": "env:TOKEN"}
    if kind == "cloudwatch":
        rules = {"kind": "sns", "topics": ["arn:aws:sns:eu-west-1:123456789012:alarms"]}
    fields: dict[str, Any] = {"format": kind, "authentication": rules, "applications": ["shop"]}
    return Endpoint.model_validate({**fields, "mapping": DATADOG_MAPPING} if kind == "json" else fields)


def read(kind: str, body: Any) -> tuple[ReceivedAlert, ...]:
    message = read_sns(body) if kind == "cloudwatch" else None
    return read_alerts(endpoint(kind), json.dumps(body).encode(), message, AT)


@pytest.mark.parametrize(
    ("kind", "body", "application", "severity", "began", "name"),
    [
        ("alertmanager", ALERTMANAGER, "shop", "critical", BEGAN, "ServiceDown"),
        ("grafana", GRAFANA, "shop", "critical", BEGAN, "ServiceDown"),
        ("kibana", KIBANA, "shop", "critical", None, "Shop unreachable"),
        ("elastalert", ELASTALERT, "shop", "critical", None, "shop flatline"),
        ("json", DATADOG, "shop", "P1", BEGAN, None),
        ("cloudwatch", SnsSigner().message(), None, "", BEGAN, "shop-down"),
    ],
)
def test_one_alert_of_each(
    kind: str, body: Any, application: str | None, severity: str, began: datetime | None, name: str | None
) -> None:
    (alert,) = read(kind, body)
    assert (alert.source, alert.status, alert.application, alert.severity) == (kind, "firing", application, severity)
    assert alert.starts_at == began
    assert alert.labels.get("alertname") == name
    assert alert.summary
    assert read(kind, body) == (alert,)  # a repeat is the same


def test_a_group_that_fires_can_hold_one_that_is_over() -> None:
    over = {**ALERTMANAGER["alerts"][0], "status": "resolved", "fingerprint": "aa"}
    found = read("alertmanager", {**ALERTMANAGER, "alerts": [ALERTMANAGER["alerts"][0], over]})
    assert [each.status for each in found] == ["firing", "resolved"]


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("kibana", {**KIBANA, "action_group": "recovered"}, "resolved"),
        ("json", {**DATADOG, "transition": "recovered"}, "resolved"),
        ("json", {**DATADOG, "transition": "No Data"}, None),
        ("cloudwatch", SnsSigner().message(Message=json.dumps({**ALARM, "NewStateValue": "OK"})), "resolved"),
        ("cloudwatch", SnsSigner().message(Message=json.dumps({**ALARM, "NewStateValue": "INSUFFICIENT_DATA"})), None),
    ],
)
def test_what_is_over_and_what_is_neither(kind: str, body: Any, status: str | None) -> None:
    assert [each.status for each in read(kind, body)] == ([status] if status else [])


@pytest.mark.parametrize(
    ("kind", "body", "says"),
    [
        ("alertmanager", [], "the body is not an object"),
        ("alertmanager", {"alerts": {}}, "alerts is not a list"),
        ("alertmanager", {"alerts": [{"status": "maybe"}]}, "neither firing nor resolved"),
        ("alertmanager", {"alerts": [1] * 5_001}, "more than 5000"),
        ("kibana", {**KIBANA, "alert": "{{alert.uuid}}"}, "was not filled in"),
        ("kibana", {"rule": "x"}, "alert is missing"),
        ("elastalert", {"message": "x"}, "rule"),
        ("json", {**DATADOG, "transition": "Exploded"}, "does not know this status"),
        ("json", {"transition": "Triggered"}, "do not fit"),
        ("json", [DATADOG], "is not an object"),
        ("cloudwatch", SnsSigner().message(Message="hello"), "not JSON"),
    ],
)
def test_what_is_no_such_alert_is_turned_down(kind: str, body: Any, says: str) -> None:
    if kind == "json" and isinstance(body, list):
        body = body[0]["id"]
    with pytest.raises(Malformed, match=says):
        read(kind, body)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"a": ' + b"9" * 5_000 + b"}"])
def test_what_is_no_json(body: bytes) -> None:
    with pytest.raises(Malformed, match="not JSON"):
        read_alerts(endpoint("alertmanager"), body, None, AT)


JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(), inner, max_size=4),
    max_leaves=20,
)
KEYS = sorted({*ALERTMANAGER["alerts"][0], *KIBANA, *ELASTALERT, *DATADOG, "alerts", "groupKey"})
OBJECTS = some.dictionaries(some.sampled_from(KEYS), JSON, max_size=8)


@pytest.mark.parametrize("kind", ["alertmanager", "grafana", "kibana", "elastalert", "json"])
@settings(max_examples=15, deadline=None)
@given(body=OBJECTS | JSON | some.fixed_dictionaries({"alerts": some.lists(OBJECTS, max_size=3)}))
def test_whatever_comes_is_read_or_turned_down(kind: str, body: Any) -> None:
    try:
        found = read(kind, body)
    except Malformed as error:
        assert len(str(error)) < 120
        return
    for alert in found:
        text = alert.model_dump_json().encode()  # it goes to a database and to a server
        assert "\x00" not in alert.summary
        assert len(text) < 200_000


def test_texts_are_cleaned_and_cut() -> None:
    assert as_text("a\x00b\ud800c\nd\u2028e") == "a b c d e"
    assert len(as_text("x" * 10_000)) == 500
    assert (as_text(True), as_text(None), as_text([1])) == ("true", "", "")


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-11-23T20:21:36.672Z", BEGAN),
        ("2026-11-23T21:21:36.672+0100", BEGAN),
        ("2026-11-23T20:21:36.672", BEGAN),
        (1795465296.672, BEGAN),
        ("1795465296672", BEGAN),
        ("0001-01-01T00:00:00Z", None),
        ("never", None),
        (float("nan"), None),
        (float("inf"), None),
        (10**300, None),
        (True, None),
        ((AT + timedelta(days=400)).isoformat(), AT),
    ],
)
def test_moments(value: Any, moment: datetime | None) -> None:
    assert as_time(value, AT) == moment


@pytest.mark.parametrize("change", [{"status": "[["}, {"labels": "a b c"}, {"firing": []}])
def test_a_mapping_that_cannot_work_is_a_fault(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Mapping.model_validate({**DATADOG_MAPPING, **change})
