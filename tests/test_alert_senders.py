"""Who sends an alert: right ones are let in, and everything that is a little wrong is not."""

import base64
import hashlib
import hmac
from datetime import timedelta
from typing import Any

import pytest
from alert_fixtures import AT, CERTIFICATE, TOPIC, SnsSigner

from doors.receiver.certificates import Certificates
from recovery.alerts.alert import Malformed
from recovery.alerts.authenticity import judge_basic, judge_bearer, judge_hmac
from recovery.alerts.configuration import Hmac
from recovery.alerts.sns import certificate_may_be_fetched, read_sns, signed_text, subscription_may_be_confirmed
from recovery.errors import Unreachable

SECRET = b"a secret that nobody guesses"


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (f"Bearer {SECRET.decode()}", "go"),
        (f"bearer  {SECRET.decode()} ", "go"),
        (f"Bearer {SECRET.decode()[:-1]}", "refuse"),
        (f"Basic {SECRET.decode()}", "refuse"),
        ("Bearer", "refuse"),
        ("Bearer \udce9", "refuse"),
        (None, "refuse"),
    ],
)
def test_bearer(given: str | None, verdict: str) -> None:
    assert judge_bearer({"authorization": given} if given else {}, SECRET).verdict == verdict


@pytest.mark.parametrize(
    ("pair", "verdict"), [(b"prom:" + SECRET, "go"), (b"other:" + SECRET, "refuse"), (b"", "refuse")]
)
def test_basic(pair: bytes, verdict: str) -> None:
    headers = {"authorization": "Basic " + base64.b64encode(pair).decode()}
    assert judge_basic(headers, "prom", SECRET).verdict == verdict
    assert judge_basic({"authorization": "Basic %%%"}, "prom", SECRET).verdict == "refuse"


def signature(body: bytes, stamp: str | None = None) -> str:
    signed = body if stamp is None else stamp.encode() + b":" + body
    return hmac.new(SECRET, signed, hashlib.sha256).hexdigest()


def test_hmac_as_grafana_sends_it() -> None:
    rules, body = Hmac.model_validate({"kind": "hmac", "secret": "env:X"}), b'{"alerts": []}'
    header = {"x-grafana-alerting-signature": signature(body)}
    assert judge_hmac(rules, header, body, SECRET, AT).verdict == "go"
    assert judge_hmac(rules, header, body + b" ", SECRET, AT).verdict == "refuse"
    assert judge_hmac(rules, {}, body, SECRET, AT).verdict == "refuse"


@pytest.mark.parametrize(
    ("stamp", "verdict"),
    [(0, "go"), (-299, "go"), (299, "go"), (-301, "refuse"), (301, "refuse"), ("soon", "refuse"), ("", "refuse")],
)
def test_hmac_with_its_moment(stamp: Any, verdict: str) -> None:
    fields = {"kind": "hmac", "secret": "env:X", "header": "X-Sign", "prefix": "sha256=", "timestamp_header": "X-At"}
    rules, body = Hmac.model_validate(fields), b"{}"
    at = str(int(AT.timestamp()) + stamp) if isinstance(stamp, int) else stamp
    headers = {"x-sign": "sha256=" + signature(body, at), "x-at": at}
    decision = judge_hmac(rules, headers, body, SECRET, AT)
    assert decision.verdict == verdict
    assert bool(decision.facts.get("seen")) == (verdict == "go")
    assert judge_hmac(rules, {**headers, "x-at": str(int(AT.timestamp()) + 1)}, body, SECRET, AT).verdict == "refuse"


class Amazon:
    """Hands out one certificate, and counts who asks for what."""

    def __init__(self, certificate: bytes) -> None:
        self.certificate, self.asked = certificate, list[str]()

    def __call__(self, url: str) -> bytes:
        self.asked.append(url)
        return self.certificate


@pytest.fixture(scope="module")
def signer() -> SnsSigner:
    return SnsSigner()


@pytest.mark.parametrize("version", ["1", "2"])
def test_what_sns_signed_is_known_and_its_certificate_is_fetched_once(signer: SnsSigner, version: str) -> None:
    amazon = Amazon(signer.certificate)
    certificates = Certificates(amazon)
    for subject in ("ALARM: shop-down", None):
        message = read_sns(signer.message(version, Subject=subject))
        assert certificates.judge(message).verdict == "go"
    assert amazon.asked == [CERTIFICATE]


@pytest.mark.parametrize(
    "change",
    [{"Message": "{}"}, {"Timestamp": "2030-01-01T00:00:00Z"}, {"MessageId": "x"}, {"Subject": "y"},
     {"Signature": "A="}, {"TopicArn": TOPIC + "2"}, {"SignatureVersion": "1"}],
)  # fmt: skip
def test_what_was_changed_is_found(signer: SnsSigner, change: dict[str, Any]) -> None:
    message = read_sns({**signer.message(), **change})
    decision = Certificates(Amazon(signer.certificate)).judge(message)
    assert decision.sentence == "The signature is not of this message."


def test_another_key_and_a_certificate_that_is_over(signer: SnsSigner) -> None:
    message = read_sns(signer.message())
    assert Certificates(Amazon(SnsSigner().certificate)).judge(message).verdict == "refuse"
    over = SnsSigner(valid=timedelta(days=-1))
    decision = Certificates(Amazon(over.certificate)).judge(read_sns(over.message()))
    assert decision.sentence == "SNS's certificate is not valid now."


PEM = "/SimpleNotificationService-" + "0a1b" * 8 + ".pem"


@pytest.mark.parametrize(
    "url",
    [
        f"http://sns.eu-west-1.amazonaws.com{PEM}",
        f"https://sns.us-east-1.amazonaws.com{PEM}",
        f"https://sns.eu-west-1.amazonaws.com.evil.example{PEM}",
        f"https://evil.example/sns.eu-west-1.amazonaws.com{PEM}",
        f"https://sns.eu-west-1.amazonaws.com@evil.example{PEM}",
        f"https://evil.example#sns.eu-west-1.amazonaws.com{PEM}",
        f"https://sns.eu-west-1.amazonaws.com:8443{PEM}",
        f"https://sns.eu-west-1.amazonaws.com{PEM}?x=1",
        "https://sns.eu-west-1.amazonaws.com/other.pem",
        f"https://sns.eu-west-1.amazonaws.com/../..{PEM}",
        "https://[::1",
        f"https://sns.eu-west-1.amazonaws.com\n{PEM}",
    ],
)
def test_certificates_come_from_sns_alone(signer: SnsSigner, url: str) -> None:
    amazon = Amazon(signer.certificate)
    message = read_sns({**signer.message(), "SigningCertURL": url})
    assert not certificate_may_be_fetched(message)
    assert Certificates(amazon).judge(message).verdict == "refuse"
    assert amazon.asked == []


def test_a_flood_of_certificates_is_not_fetched(signer: SnsSigner) -> None:
    amazon = Amazon(b"no certificate")
    certificates = Certificates(amazon)
    for number in range(10):
        url = f"https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-{number:032x}.pem"
        with pytest.raises(Unreachable):
            certificates.judge(read_sns({**signer.message(), "SigningCertURL": url}))
    assert len(amazon.asked) == 6


def test_a_subscription_is_confirmed_at_sns_alone(signer: SnsSigner) -> None:
    amazon = Amazon(signer.certificate)
    certificates = Certificates(amazon)
    asked = read_sns(signer.confirmation())
    assert b"SubscribeURL\nhttps://sns.eu-west-1.amazonaws.com/" in signed_text(asked)
    assert certificates.judge(asked).verdict == "go"
    assert certificates.confirm(asked).sentence == f"Subscribed to {TOPIC}."
    assert amazon.asked[1:] == [asked.subscribe_url]
    elsewhere = read_sns(signer.confirmation(SubscribeURL="https://evil.example/?Action=ConfirmSubscription"))
    assert not subscription_may_be_confirmed(elsewhere)
    assert certificates.confirm(elsewhere).verdict == "refuse"
    assert len(amazon.asked) == 2


@pytest.mark.parametrize(
    "change", [{"TopicArn": "arn:x"}, {"SignatureVersion": "3"}, {"Type": "Other"}, {"Message": 1}]
)
def test_what_is_no_message_of_sns(signer: SnsSigner, change: dict[str, Any]) -> None:
    with pytest.raises(Malformed, match=next(iter(change))):
        read_sns({**signer.message(), **change})
