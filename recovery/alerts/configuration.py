"""The receiver's configuration: one YAML file, without a secret in it."""

from datetime import timedelta
from ipaddress import ip_address
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from recovery.alerts.mapping import Mapping
from recovery.model import Frozen
from recovery.plan_types import ApplicationName, Duration, VantagePoint

SecretPlace = Annotated[
    str,
    Field(
        pattern=r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:/.+|block:[a-z0-9-]+)$",
        description="env:NAME, file:/path (for this user only) or block:name (a Secret block of Prefect)",
    ),
]
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,80}$", description="a header's name")]
Topic = Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_.-]+$", description="an ARN")]


class Bearer(Frozen):
    """`Authorization: Bearer SECRET`."""

    kind: Literal["bearer"]
    secret: SecretPlace


class Basic(Frozen):
    """`Authorization: Basic`, a user and a password."""

    kind: Literal["basic"]
    user: str = Field(min_length=1, max_length=100, pattern=r"^[^:]+$")
    secret: SecretPlace


class Hmac(Frozen):
    """HMAC-SHA256 of the body in hexadecimal, as Grafana and many others send it.

    Args:
        header: that holds it.
        prefix: what stands before it there, such as `sha256=`.
        timestamp_header: that holds the seconds since 1970; then what is signed is `seconds:body`.
        within: how far that may be from now.
    """

    kind: Literal["hmac"]
    secret: SecretPlace
    header: HeaderName = "X-Grafana-Alerting-Signature"
    prefix: str = Field(default="", max_length=20)
    timestamp_header: HeaderName | None = None
    within: Duration = timedelta(minutes=5)


class Sns(Frozen):
    """The signature of Amazon SNS, of these topics and no others.

    Args:
        topics: their ARNs.
        within: how old a message may be; SNS itself tries for up to an hour.
    """

    kind: Literal["sns"]
    topics: tuple[Topic, ...] = Field(min_length=1)
    within: Duration = timedelta(hours=1)


Authentication = Annotated[Bearer | Basic | Hmac | Sns, Field(discriminator="kind")]


class Endpoint(Frozen):
    """One way in: `POST /alerts/NAME`.

    Args:
        format: what is sent.
        authentication: how its sender is known.
        applications: the only ones that its alerts may concern.
        application: the one they all concern, where the sender cannot say.
        application_label: the label that names it, where it is not `application` or `service`.
        vantage_point: what it is called in a plan's `automatic.vantage_points`, where it counts as one.
        repeats_within: an alert without a beginning is a repeat for so long, and another one after that.
        mapping: of the format `json`.
    """

    format: Literal["alertmanager", "grafana", "cloudwatch", "kibana", "elastalert", "json"]
    authentication: Authentication
    applications: tuple[ApplicationName, ...] = Field(min_length=1)
    application: ApplicationName | None = None
    application_label: str | None = Field(default=None, min_length=1, max_length=100)
    vantage_point: VantagePoint | None = None
    repeats_within: Duration = timedelta(hours=1)
    mapping: Mapping | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.format == "json") != (self.mapping is not None):
            raise ValueError("the format json needs a mapping, and no other takes one")
        if (self.format == "cloudwatch") != (self.authentication.kind == "sns"):
            raise ValueError("cloudwatch is authenticated by kind: sns, and nothing else is")
        if self.application is not None and self.application not in self.applications:
            raise ValueError("application is not one of applications")
        if isinstance(self.authentication, Hmac) and not self._tells_replays(self.authentication):
            raise ValueError("this format says no beginning: hmac needs a timestamp_header, or it could be replayed")
        return self

    def _tells_replays(self, hmac: Hmac) -> bool:
        return bool(hmac.timestamp_header) or self.format in ("alertmanager", "grafana")


class ReceiverConfiguration(Frozen):
    """All there is to know to receive alerts.

    Args:
        listen: the address.
        port: 0 for any that is free, which is then said.
        certificate, key: PEM files for TLS.
        behind_proxy: something in front does TLS, and nobody else reaches this address.
        store: the SQLite file of all alerts; by default in Lifeboat's own folder.
        largest_body: bytes.
        most_a_second: requests of one address; as many again may come at once.
        endpoints: by name.
    """

    listen: str = "127.0.0.1"
    port: int = Field(default=8790, ge=0, le=65_535)
    certificate: str | None = None
    key: str | None = None
    behind_proxy: bool = False
    store: str | None = None
    largest_body: int = Field(default=1_000_000, ge=1_000, le=20_000_000)
    most_a_second: int = Field(default=1_000, ge=1, le=100_000)
    endpoints: dict[Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")], Endpoint] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_private(self) -> Self:
        if bool(self.certificate) != bool(self.key):
            raise ValueError("certificate and key go together")
        try:
            inside = ip_address(self.listen).is_loopback
        except ValueError as error:
            raise ValueError("listen is no IP address") from error
        if not inside and not self.certificate and not self.behind_proxy:
            raise ValueError("secrets would go over the network in clear: give certificate and key, or behind_proxy")
        return self
