"""`lifeboat metrics`: what Prometheus is told."""


def metrics(*, listen: str = "127.0.0.1:9464", every: str = "1m", once: bool = False) -> int:
    """Serve Prometheus metrics of every plan: proved backups, RPO now, forecast RTO, readiness, runs.

    Args:
        listen: address:port. There is no password: keep it where only Prometheus comes.
        every: how often vaults are read, a duration such as 90s or 5m.
        once: print them once and end, for the node exporter's textfile collector.
    """
    import os
    import signal
    import threading

    from doors.logs import log_to_stderr
    from doors.metrics import print_metrics, serve
    from recovery.duration import parse_duration
    from recovery.errors import Refused

    log_to_stderr()
    on_platform = bool(os.environ.get("PREFECT_API_URL"))
    if once:
        print(print_metrics(on_platform), end="")
        return 0
    address, _, port = listen.rpartition(":")
    try:
        seconds = parse_duration(every).total_seconds()
    except ValueError as error:
        raise Refused(f"--every: {error}.") from None
    if not address or not port.isdigit():
        raise Refused(f"--listen: {listen!r} is not address:port, such as 127.0.0.1:9464.")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    serve(address, int(port), seconds, on_platform, stop)
    return 0
