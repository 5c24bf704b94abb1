"""What the OpenAPI document says of an endpoint: what it takes, who may send it, and every answer there is."""

from typing import Any

from fastapi import Depends
from fastapi.security import APIKeyHeader, HTTPBasic, HTTPBearer
from pydantic import BaseModel

from recovery.alerts.configuration import Basic, Bearer, Endpoint, Hmac

_STRING = {"type": "string"}
_ALERTMANAGER = {
    "type": "object",
    "required": ["alerts"],
    "properties": {
        "groupKey": _STRING,
        "alerts": {
            "type": "array",
            "maxItems": 50,
            "items": {
                "type": "object",
                "required": ["status"],
                "properties": {
                    "status": {"enum": ["firing", "resolved"]},
                    "labels": {"type": "object", "additionalProperties": _STRING},
                    "annotations": {"type": "object", "additionalProperties": _STRING},
                    "startsAt": {"type": "string", "format": "date-time"},
                    "fingerprint": _STRING,
                },
            },
        },
    },
}
_NAMED = {
    "type": "object",
    "required": ["rule"],
    "properties": dict.fromkeys(("rule", "alert", "action_group", "application", "severity", "summary"), _STRING),
}
_SNS = {
    "type": "object",
    "required": ["Type", "MessageId", "TopicArn", "Message", "Timestamp", "Signature", "SigningCertURL"],
    "properties": dict.fromkeys(("Type", "MessageId", "TopicArn", "Message", "Timestamp", "Signature"), _STRING),
}
_BODIES: dict[str, dict[str, Any]] = {
    "alertmanager": _ALERTMANAGER,
    "grafana": _ALERTMANAGER,
    "kibana": _NAMED,
    "elastalert": _NAMED,
    "cloudwatch": _SNS,
    "json": {"type": "object"},
}


class Turned(BaseModel):
    """Why it was turned away, in one sentence."""

    detail: str


def describe(name: str, endpoint: Endpoint, answer: type[BaseModel]) -> dict[str, Any]:
    """The arguments of its route."""
    answers = {
        400: "The body is not what the format says.",
        401: "The sender is not who it must be.",
        408: "The body came too slowly.",
        413: "The body is too large.",
        429: "Too many requests.",
        503: "It could not be kept: try again.",
    }
    return {
        "status_code": 202,
        "response_model": answer,
        "summary": f"Alerts by {name}, as {endpoint.format} sends them",
        "operation_id": f"take_{name.replace('-', '_')}",
        "responses": {code: {"model": Turned, "description": said} for code, said in answers.items()},
        "dependencies": [Depends(_security(endpoint))],
        "openapi_extra": {
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": _BODIES[endpoint.format]}},
            }
        },
    }


def _security(endpoint: Endpoint) -> Any:
    """For the document alone: it lets everything through, and the receiver itself judges."""
    rules = endpoint.authentication
    if isinstance(rules, Bearer):
        return HTTPBearer(auto_error=False)
    if isinstance(rules, Basic):
        return HTTPBasic(auto_error=False)
    if isinstance(rules, Hmac):
        return APIKeyHeader(name=rules.header, auto_error=False, scheme_name="HMAC-SHA256")
    return APIKeyHeader(name="x-amz-sns-message-type", auto_error=False, scheme_name="Signature in the body")
