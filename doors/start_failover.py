"""Starts a failover's deployment by the Prefect server."""

from prefect.client.orchestration import get_client

from recovery.failover import Alert


def start_failover(application: str, alert: Alert) -> str:
    """Starts the failover's deployment, once an outage however often it is asked.

    Returns:
        The flow run's identifier.
    """
    with get_client(sync_client=True) as client:
        deployment = client.read_deployment_by_name(f"failover/{application}")
        flow_run = client.create_flow_run_from_deployment(
            deployment.id,
            parameters={
                "plan": application,
                "mode": "for real",
                "alert": alert.model_dump(mode="json"),
                "initiator": alert.source,
            },
            idempotency_key=f"alert:{application}:{alert.detected_at.isoformat()}",
        )
    return str(flow_run.id)
