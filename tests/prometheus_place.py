"""A real Prometheus, its blackbox exporter and its Alertmanager (Debian packages), that watch one address."""

import contextlib
import http.server
import json
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from server_fixtures import free_ports, running

PROGRAMS = ("prometheus", "prometheus-alertmanager", "prometheus-blackbox-exporter")
MISSING = [name for name in PROGRAMS if shutil.which(name) is None]


class Answers(http.server.BaseHTTPRequestHandler):
    asked: ClassVar[threading.Event]

    def do_GET(self) -> None:
        self.asked.set()
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextlib.contextmanager
def shop(port: int) -> Iterator[threading.Event]:
    """Something that answers, for the length of the block, and then is gone; gives what is set when it was asked."""
    Answers.asked = threading.Event()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Answers.asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def write(path: Path, whole: Any) -> str:
    """A configuration: JSON is YAML too."""
    path.write_text(json.dumps(whole))
    return str(path)


@contextlib.contextmanager
def watching(
    folder: Path, target: str, receiver: str, authority: Path, token: str, labels: dict[str, str]
) -> Iterator[None]:
    """All three, for the length of the block.

    Args:
        folder: for what they write.
        target: the address that is watched.
        receiver: where alerts go.
        authority: who signed the receiver's certificate.
        token: what the receiver knows Alertmanager by.
        labels: of the alert; `alertname` too.
    """
    prometheus, manager, exporter = free_ports(3)
    (folder / "token").write_text(token)
    probe = {"prober": "http", "timeout": "2s", "http": {"preferred_ip_protocol": "ip4"}}
    blackbox = write(folder / "blackbox.yml", {"modules": {"http_2xx": probe}})
    client = {
        "authorization": {"credentials_file": str(folder / "token")},
        "tls_config": {"ca_file": str(authority)},
    }
    hook = {"url": f"{receiver}/alerts/prometheus", "send_resolved": True, "http_config": client}
    route = {"receiver": "lifeboat", "group_by": ["alertname"], "group_wait": "1s", "group_interval": "2s"}
    alertmanager = write(
        folder / "alertmanager.yml",
        {"route": {**route, "repeat_interval": "1h"}, "receivers": [{"name": "lifeboat", "webhook_configs": [hook]}]},
    )
    rule = {
        "alert": labels["alertname"],
        "expr": 'probe_success{job="shop"} == 0',
        "for": "3s",
        "labels": {name: value for name, value in labels.items() if name != "alertname"},
        "annotations": {"summary": "The shop does not answer"},
    }
    rules = write(folder / "rules.yml", {"groups": [{"name": "shop", "rules": [rule]}]})
    scrape = {
        "job_name": "shop",
        "metrics_path": "/probe",
        "params": {"module": ["http_2xx"], "target": [target]},
        "static_configs": [{"targets": [f"127.0.0.1:{exporter}"]}],
    }
    configuration = write(
        folder / "prometheus.yml",
        {
            "global": {"scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "2s"},
            "rule_files": [rules],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{manager}"]}]}]},
            "scrape_configs": [scrape],
        },
    )
    commands = [
        ["prometheus", f"--config.file={configuration}", f"--storage.tsdb.path={folder / 'data'}"],
        ["prometheus-alertmanager", f"--config.file={alertmanager}", f"--storage.path={folder / 'alerts'}"],
        ["prometheus-blackbox-exporter", f"--config.file={blackbox}"],
    ]
    commands[1].append("--cluster.listen-address=")
    for command, port in zip(commands, (prometheus, manager, exporter), strict=True):
        command.append(f"--web.listen-address=127.0.0.1:{port}")
    with contextlib.ExitStack() as stack:
        log = stack.enter_context((folder / "log").open("wb"))
        for command in commands:
            stack.enter_context(running(command, signal.SIGTERM, stdout=log, stderr=subprocess.STDOUT, cwd=folder))
        yield
