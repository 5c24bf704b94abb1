"""What senders send, as their documentation and real ones show it; and SNS messages that are signed as SNS signs."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from recovery.alerts.sns import read_sns, signed_text

AT = datetime(2026, 11, 23, 20, 30, tzinfo=UTC)
TOPIC = "arn:aws:sns:eu-west-1:123456789012:alarms"
CERTIFICATE = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-" + "0a1b" * 8 + ".pem"
# Taken from a real Alertmanager 0.25.
ALERTMANAGER = json.loads(
    r"""{"receiver":"dr","status":"firing","alerts":[{"status":"firing","labels":{"alertname":"ServiceDown",
    "instance":"127.0.0.1:4552","job":"shop","playbook":"failover-shop","region":"eu-west-1","service":"shop",
    "severity":"critical"},"annotations":{"runbook":"https://runbooks/failover-shop",
    "summary":"shop is down on 127.0.0.1:4552"},"startsAt":"2026-11-23T20:21:36.672Z",
    "endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://vm:4550/graph?g0.expr=up","fingerprint":"b198b8dc71999643"}],
    "groupLabels":{"service":"shop"},"commonLabels":{"playbook":"failover-shop","region":"eu-west-1",
    "service":"shop","severity":"critical"},"commonAnnotations":{},"externalURL":"http://vm:4551","version":"4",
    "groupKey":"{}:{service=\"shop\"}","truncatedAlerts":0}"""
)
GRAFANA = {
    **ALERTMANAGER,
    "version": "1",
    "orgId": 1,
    "title": "[FIRING:1] ServiceDown",
    "state": "alerting",
    "message": "shop is down",
    "alerts": [{**ALERTMANAGER["alerts"][0], "values": {"B": 0}, "silenceURL": "http://grafana/silence"}],
}
KIBANA = {
    "rule": "Shop unreachable",
    "alert": "6f2c1f0e-1111-4222-8333-444455556666",
    "action_group": "threshold met",
    "application": "shop",
    "severity": "critical",
    "summary": "0 documents in 1m",
}
ELASTALERT = {
    "@timestamp": "2026-11-23T20:20:00Z",
    "rule": "shop flatline",
    "application": "shop",
    "severity": "critical",
    "host": {"name": "shop-1"},
    "status_code": 503,
    "num_hits": 7,
    "message": "upstream unavailable",
}
DATADOG = {
    "id": "1234567",
    "cycle": "9988776655",
    "transition": "Triggered",
    "date": "1795465296672",
    "title": "[Triggered] shop is down",
    "priority": "P1",
    "tags": {"application": "shop", "env": "prod"},
}
DATADOG_MAPPING = {
    "fingerprint": "join('/', [id, cycle])",
    "status": "transition",
    "firing": ["Triggered", "Re-Triggered"],
    "resolved": ["Recovered"],
    "ignored": ["Warn", "No Data", "Renotify"],
    "starts_at": "date",
    "application": "tags.application",
    "severity": "priority",
    "summary": "title",
    "labels": "tags",
}
ALARM = {
    "AlarmName": "shop-down",
    "AlarmDescription": "The shop's load balancer has no healthy host",
    "AWSAccountId": "123456789012",
    "AlarmArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:shop-down",
    "NewStateValue": "ALARM",
    "OldStateValue": "OK",
    "NewStateReason": "Threshold Crossed",
    "StateChangeTime": "2026-11-23T20:21:36.672+0000",
    "Region": "EU (Ireland)",
    "Trigger": {
        "MetricName": "HealthyHostCount",
        "Namespace": "AWS/ApplicationELB",
        "Dimensions": [{"name": "LoadBalancer", "value": "app/shop/50dc6c495c0c9188"}],
    },
}


class SnsSigner:
    """Signs as SNS does, with a certificate of its own making."""

    def __init__(self, valid: timedelta = timedelta(days=3650)) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
        begins = datetime.now(UTC) - timedelta(days=3650)
        made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(self._key.public_key())
        made = made.serial_number(1).not_valid_before(begins).not_valid_after(begins + timedelta(days=3650) + valid)
        self.certificate = made.sign(self._key, SHA256()).public_bytes(Encoding.PEM)

    def message(self, version: str = "2", **fields: Any) -> dict[str, Any]:
        """A notification of a CloudWatch alarm, unless the fields say otherwise."""
        whole = {
            "Type": "Notification",
            "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
            "TopicArn": TOPIC,
            "Subject": "ALARM: shop-down",
            "Message": json.dumps(ALARM),
            "Timestamp": AT.isoformat().replace("+00:00", "Z"),
            "SignatureVersion": version,
            "SigningCertURL": CERTIFICATE,
            "UnsubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
            **fields,
        }
        whole = {name: value for name, value in whole.items() if value is not None}
        algorithm = SHA1() if version == "1" else SHA256()
        text = signed_text(read_sns({**whole, "Signature": "none"}))
        return {**whole, "Signature": base64.b64encode(self._key.sign(text, PKCS1v15(), algorithm)).decode()}

    def confirmation(self, **fields: Any) -> dict[str, Any]:
        """The question whether the subscription is wanted."""
        asked = {
            "Type": "SubscriptionConfirmation",
            "Subject": None,
            "Message": "You have chosen to subscribe",
            "Token": "2336412f37",
            "SubscribeURL": f"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}",
        }
        return self.message(**{**asked, **fields})
