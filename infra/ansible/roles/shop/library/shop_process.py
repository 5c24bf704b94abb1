#!/usr/bin/python
"""Ansible module: keeps one daemon running that writes its pid file when it listens. Standard library only."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: shop_process
short_description: Keeps one daemon running
description: >
  Starts a program as a daemon that outlives the login, and waits until it listens. One that runs already is left alone,
  unless its configuration is newer than its pid file: then it is restarted.
options:
  argv: {type: list, elements: str, required: true, description: The program and its arguments.}
  config: {type: path, required: true, description: Its configuration file.}
  chdir: {type: path, required: true, description: Where it runs.}
  module_path: {type: str, required: true, description: Its PYTHONPATH.}
  pid_file: {type: path, required: true, description: The file it writes its pid to once it listens.}
  environment: {type: dict, default: {}, description: More environment variables for it. No secrets.}
  log_file: {type: path, required: true, description: Where its output goes.}
  address: {type: str, required: true, description: The address it listens on.}
  port: {type: int, required: true, description: The port it listens on.}
  timeout: {type: int, default: 20, description: Seconds it may take to listen or to end.}
"""

EVERY_SECONDS = 0.05
# What another login's shop must not inherit from this one.
KEPT = ("HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "SHELL", "TMPDIR", "TZ", "USER")


def _environment(wanted):
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {**kept, **wanted["environment"], "PYTHONPATH": wanted["module_path"]}


def main():
    paths = ("config", "chdir", "pid_file", "log_file")
    arguments = {name: {"type": "path", "required": True} for name in paths}
    arguments.update({name: {"type": "str", "required": True} for name in ("module_path", "address")})
    arguments["environment"] = {"type": "dict", "default": {}}
    arguments["argv"] = {"type": "list", "elements": "str", "required": True}
    arguments["port"] = {"type": "int", "required": True}
    arguments["timeout"] = {"type": "int", "default": 20}
    module = AnsibleModule(argument_spec=arguments, supports_check_mode=True)
    running = find_running(module.params)
    if running and not is_outdated(module.params):
        module.exit_json(changed=False, pid=running)
    if module.check_mode:
        module.exit_json(changed=True)
    if running:
        stop(module, running)
    module.exit_json(changed=True, pid=start(module))


def find_running(wanted):
    """The pid of the daemon, or None: a pid file may be older than the process that has its number now."""
    try:
        pid = int(Path(wanted["pid_file"]).read_text())
        shown = subprocess.run(
            ["ps", "-ww", "-p", str(pid), "-o", "args="], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, ValueError):
        return None
    return pid if " ".join(wanted["argv"][1:]) in shown.stdout else None


def is_outdated(wanted):
    try:
        return Path(wanted["config"]).stat().st_mtime_ns > Path(wanted["pid_file"]).stat().st_mtime_ns
    except FileNotFoundError:
        return True


def stop(module, pid):
    """Asks it to end, insists after half of the time."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + module.params["timeout"] / 2
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        while time.monotonic() < deadline:
            if not find_running(module.params):
                return
            time.sleep(EVERY_SECONDS)
    module.fail_json(msg=f"The running process {pid} did not end.")


def start(module):
    """Starts it in a session of its own, and waits until it listens under the pid that it was started with."""
    wanted = module.params
    log = os.open(wanted["log_file"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    said_before = os.fstat(log).st_size
    process = subprocess.Popen(
        wanted["argv"],
        cwd=wanted["chdir"],
        env=_environment(wanted),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    deadline = time.monotonic() + wanted["timeout"]
    while time.monotonic() < deadline:
        if process.poll() is not None:
            said = Path(wanted["log_file"]).read_bytes()[said_before:].decode(errors="replace")
            module.fail_json(msg=f"It ended at once with exit code {process.returncode}: {said.strip()[-600:]}")
        if read_pid(wanted) == process.pid and listens(wanted):
            break
        time.sleep(EVERY_SECONDS)
    else:
        os.killpg(process.pid, signal.SIGKILL)
        module.fail_json(msg=f"It did not listen on port {wanted['port']} within {wanted['timeout']} s and was ended.")
    return process.pid


def read_pid(wanted):
    try:
        return int(Path(wanted["pid_file"]).read_text())
    except (OSError, ValueError):
        return None


def listens(wanted):
    try:
        socket.create_connection((wanted["address"], wanted["port"]), timeout=1).close()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main()
