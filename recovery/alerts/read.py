"""Reads a body by its endpoint's format."""

from datetime import datetime

from recovery.alerts.alert import Malformed, ReceivedAlert
from recovery.alerts.alertmanager import read_alertmanager, read_grafana
from recovery.alerts.cloudwatch import read_cloudwatch
from recovery.alerts.configuration import Endpoint
from recovery.alerts.elastic import read_elastalert, read_kibana
from recovery.alerts.mapping import read_mapped
from recovery.alerts.sns import SnsMessage
from recovery.alerts.values import parse_json

_READERS = {
    "alertmanager": read_alertmanager,
    "grafana": read_grafana,
    "kibana": read_kibana,
    "elastalert": read_elastalert,
}


def read_alerts(endpoint: Endpoint, body: bytes, sns: SnsMessage | None, at: datetime) -> tuple[ReceivedAlert, ...]:
    """Every alert in a body.

    Args:
        endpoint: that it came in by.
        body: as it was sent.
        sns: the message that it is, where its signature was checked.
        at: now.

    Raises:
        Malformed: it is not what its format says.
    """
    if endpoint.format == "cloudwatch":
        if sns is None:
            raise Malformed("this is no SNS message")
        return read_cloudwatch(sns, at)
    if endpoint.format == "json":
        assert endpoint.mapping is not None  # the configuration was checked
        return read_mapped(endpoint.mapping, parse_json(body), at)
    return _READERS[endpoint.format](parse_json(body), at)
