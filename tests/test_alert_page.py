"""docs/alerts.md: every snippet is read as it stands there, and every key is explained."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from alert_fixtures import AT
from ruamel.yaml import YAML

from recovery.alerts.configuration import Basic, Bearer, Endpoint, Hmac, ReceiverConfiguration, Sns
from recovery.alerts.mapping import Mapping
from recovery.alerts.read import read_alerts
from recovery.plan_alerts import Alerts

PAGE = (Path(__file__).parent.parent / "docs" / "alerts.md").read_text()
SNIPPETS = [YAML(typ="safe").load(each) for each in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]


def endpoints() -> dict[str, Endpoint]:
    found: dict[str, Any] = {}
    for each in SNIPPETS:
        if isinstance(each, dict):
            each = each.get("endpoints", each)
            found |= {name: one for name, one in each.items() if isinstance(one, dict) and "format" in one}
    return {name: Endpoint.model_validate(one) for name, one in found.items()}


def test_every_snippet_is_right() -> None:
    whole = next(each for each in SNIPPETS if "endpoints" in each)
    assert ReceiverConfiguration.model_validate(whole).port == 8790
    assert set(endpoints()) == {"prometheus", "grafana", "amazon", "datadog"}
    rules = next(each for each in SNIPPETS if list(each) == ["alerts"])
    assert [each.then for each in Alerts.model_validate(rules["alerts"]).rules] == ["start", "ask", "open"]


def bodies() -> list[dict[str, Any]]:
    return [json.loads(each) for each in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]


def test_the_templates_fit_their_formats() -> None:
    kibana, datadog = bodies()
    filled = {name: re.sub(r"\{\{.*?\}\}", "x", value) for name, value in kibana.items()}
    known = endpoints()["datadog"]
    as_kibana = known.model_copy(update={"format": "kibana", "mapping": None})
    (alert,) = read_alerts(as_kibana, json.dumps(filled).encode(), None, AT)
    assert (alert.application, alert.severity, alert.status) == ("shop", "critical", "firing")
    filled = {**datadog, "transition": "Triggered", "date": "1795465296672"}
    (alert,) = read_alerts(known, json.dumps(filled).encode(), None, AT)
    assert (alert.application, alert.summary, alert.starts_at is not None) == ("shop", "$EVENT_TITLE", True)
    static = next(each for each in SNIPPETS if "http_post_static_payload" in each)["http_post_static_payload"]
    as_elastalert = known.model_copy(update={"format": "elastalert", "mapping": None})
    (alert,) = read_alerts(as_elastalert, json.dumps({**static, "message": "x"}).encode(), None, AT)
    assert (alert.application, alert.summary) == ("shop", "No orders")


@pytest.mark.parametrize("model", [ReceiverConfiguration, Endpoint, Bearer, Basic, Hmac, Sns, Mapping])
def test_every_key_is_there(model: Any) -> None:
    unexplained = [name for name in model.model_fields if f"`{name}`" not in PAGE and f"{name}:" not in PAGE]
    assert unexplained == []
