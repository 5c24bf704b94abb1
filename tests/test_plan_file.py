"""Reading a plan: every fault at once, each with its line and what to write instead; never a traceback."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plan_fixtures import SHOP, TEXT

from recovery.errors import Missing
from recovery.plan import Plan
from recovery.plan_file import Fault, PlanInvalid, check_file, read_plan, render_faults


def check(tmp_path: Path, text: str, **environment: str) -> list[Fault]:
    path = tmp_path / "plan.yaml"
    path.write_text(text)
    return check_file(path, environment)


def line_of(text: str, needle: str) -> int:
    return text[: text.index(needle)].count("\n") + 1


def test_the_example_plan_is_sound() -> None:
    plan = read_plan(SHOP, {})
    assert plan.application == "shop"
    assert plan.objectives.rto.total_seconds() == 900
    assert plan.sites.standby.url == "http://127.0.0.20:8080"
    assert plan.witness is not None and plan.witness.table == "orders"


def test_the_environment_takes_the_place_of_variables(tmp_path: Path) -> None:
    assert read_plan(SHOP, {"SHOP_PORT": "9123"}).sites.primary.url == "http://127.0.0.10:9123"
    text = TEXT.replace("failures: 3", "failures: ${FAILURES}")
    (tmp_path / "p.yaml").write_text(text)
    assert read_plan(tmp_path / "p.yaml", {"FAILURES": "4"}).monitor.failures == 4


def test_an_unset_variable_is_a_fault_said_once(tmp_path: Path) -> None:
    text = TEXT.replace("application: shop", "application: ${SHOP_NAME}")
    (fault,) = check(tmp_path, text)
    assert fault == Fault(
        line_of(text, "application: $"),
        14,
        "application",
        "the environment variable SHOP_NAME is not set",
        "${SHOP_NAME:-default}, or set SHOP_NAME before",
    )


def test_a_name_that_cannot_be_a_variable_is_a_fault(tmp_path: Path) -> None:
    (fault,) = check(tmp_path, TEXT.replace("application: shop", "application: ${1-x}"))
    assert "names no environment variable" in fault.what


@pytest.mark.parametrize(
    ("old", "new", "where", "what", "write"),
    [
        ("  rto: 15m", "  rto: 15 minutes", "objectives.rto", "is not a duration", "a duration such as 90s"),
        ("  rto: 15m", "  rto: 0s", "objectives.rto", "must be greater than zero", "a duration such as 90s"),
        ("  rto: 15m", "  rto: 15", "objectives.rto", "15 is not a duration", "a duration such as 90s"),
        ("  rto:", "  rtoo:", "objectives.rtoo", "did you mean rto?", "rto"),
        ("  rto:", "  rtoo:", "objectives.rto", "this key is missing", "rto: followed by a duration"),
        ("monitor:\n", "monitr:\n", "monitr", "did you mean monitor?", "monitor"),
        ("owner:", "zzz:", "zzz", "this key is not known", "one of application, description"),
        ("vault: s3-vault/shop", "vault: shop", "backup.vault", "'shop' does not fit", "a block as type/name"),
        ('"*/15 * * * *"', '"*/15 * * *"', "backup.schedule", "five fields", "a cron line of five fields"),
        ('"*/15 * * * *"', '"61 * * * *"', "backup.schedule", "bad minute", "a cron line of five fields"),
        ("timezone: UTC", "timezone: Mars", "backup.timezone", "'Mars' is not a time zone", "UTC or Europe/Berlin"),
        (
            "strategy: backup-restore",
            "strategy: hope",
            "strategy",
            "'hope' is no choice",
            "backup-restore, pilot-light",
        ),
        ("starts_failover: true", "starts_failover: maybe", "monitor.starts_failover", "neither true", "true or false"),
        ("failures: 3", "failures: few", "monitor.failures", "'few' is wrong: input should be a valid", "whole number"),
        ("failures: 3", "failures: 1", "monitor.failures", "greater than or equal to 2", "a whole number"),
        ("name: shop.example.test", "name: shop", "dns.name", "'shop' does not fit", "a full DNS name"),
        (":-127.0.0.20}\n    url", ":-nowhere}\n    url", "sites.standby.address", "is not an IPv4", "an IPv4 address"),
        ("    url: http://${SHOP_S", "    url: ftp://${SHOP_S", "sites.standby.url", "not an http", "https://"),
        ("    url: http://${SHOP_S", "    url: http://me:pw@${SHOP_S", "sites.standby.url", "password", "https://"),
        ("SHOP_PORT:-8080}\n\n", "SHOP_PORT:-80800}\n\n", "sites.standby.url", "ort out of range", "https://"),
        ("path: /health", "path: health", "monitor.path", "'health' does not fit", "a path that begins with /"),
        (
            "- slack-chat/operations  #",
            "- {to: a/b, when: [incidents]} #",
            "notifications[0].when[0]",
            "did you mean incident?",
            "incident",
        ),
        (
            "- slack-chat/operations  #",
            "- slack #",
            "notifications[0].to",
            "'slack' does not fit",
            "a block as type/name",
        ),
        (
            "- slack-chat/operations  #",
            "- {when: [note]} #",
            "notifications[0].to",
            "this key is missing",
            "a block as type",
        ),
        (
            "monitor:\n",
            "escalation: [{after: 5m}]\nmonitor:\n",
            "escalation[0].tell",
            "missing",
            "a block such as pager",
        ),
        ("monitor:\n", "monitor:\n  probes: [{kind: ping}]\n", "monitor.probes[0].kind", "no choice", "http, tcp"),
        ("  - slack-chat/operations", "  slack: yes", "notifications", "a list belongs", "a list, each item a block"),
        ("  may_destroy: []", "  may_destroy:", "infrastructure.may_destroy", "nothing stands where", "a list"),
        ("owner: op", "application: op", "application", "this key is here twice, first in line", "only one of them"),
        ("owner: op", "owner: !!binary op", "owner", "the YAML tag", "the value without a tag"),
        ("owner: op", "? [a]\n: op", "the plan", "a key must be a word", "a key of docs/plan.md"),
        (
            "kind: registry, region: us",
            "kind: depot, region: us",
            "depends_on[0].kind",
            "no choice",
            "secret, registry",
        ),
    ],
)
def test_each_fault_names_its_line_and_what_to_write(
    tmp_path: Path, old: str, new: str, where: str, what: str, write: str
) -> None:
    assert old in TEXT
    text = TEXT.replace(old, new, 1)
    fault = next(each for each in check(tmp_path, text) if each.where == where)
    assert what in fault.what
    assert write in fault.write_instead
    if fault.what != "this key is missing" and where != "notifications":  # these stand at the key above
        first_changed = next(
            number
            for number, pair in enumerate(zip(TEXT.splitlines(), text.splitlines(), strict=False))
            if pair[0] != pair[1]
        )
        assert fault.line == first_changed + 1


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a: [1\nb: 2\n", 2, "expected ',' or ']'"),
        ("a: 1\n\tb: 2\n", 2, "this is not YAML"),
        ("a: *nobody\n", 1, "undefined alias"),
        ("a: 1\n---\nb: 2\n", 2, "another document"),
        ("a: 1\nb: \x00\n", 2, "unacceptable character"),
    ],
)
def test_text_that_is_not_yaml_is_one_fault(tmp_path: Path, text: str, line: int, what: str) -> None:
    (fault,) = check(tmp_path, text)
    assert fault.line == line and what in fault.what


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a list\n", "just words\n"])
def test_a_file_without_keys_is_a_fault(tmp_path: Path, text: str) -> None:
    (fault,) = check(tmp_path, text)
    assert fault.where == "the plan" and "stands where keys belong" in fault.what


def test_a_value_that_holds_itself_is_a_fault(tmp_path: Path) -> None:
    faults = check(tmp_path, "sites: &ring\n  primary: *ring\n")
    assert any("holds itself" in fault.what for fault in faults)


def test_deep_nesting_is_a_fault(tmp_path: Path) -> None:
    assert check(tmp_path, "a: " + "[" * 500)
    assert check(tmp_path, "a: " + "[" * 300 + "]" * 300)


def test_bytes_that_are_not_text_are_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_bytes(b"application: shop\n\xff\xfe\n")
    (fault,) = check_file(path, {})
    assert fault.line == 2 and "UTF-8" in fault.what


def test_a_plan_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="cannot be read"):
        read_plan(tmp_path / "none.yaml", {})
    with pytest.raises(Missing):
        check_file(tmp_path, {})


def test_all_faults_come_at_once_in_line_order_from_reading_and_from_sense(tmp_path: Path) -> None:
    text = TEXT.replace("rpo: 1h", "rpo: 10m").replace("ttl: 5s", "ttl: 90s").replace("owner:", "ownr:")
    text = text.replace("scratch: files/uploads-scratch", "scratch: files/uploads-primary")
    faults = check(tmp_path, text)
    assert [fault.where for fault in faults] == ["ownr", "components.uploads.scratch", "backup.schedule", "dns.drain"]
    with pytest.raises(PlanInvalid) as caught:
        (tmp_path / "plan.yaml").write_text(text)
        read_plan(tmp_path / "plan.yaml", {})
    assert caught.value.faults == tuple(faults)
    assert "The plan has 4 faults" in str(caught.value) and "Nothing was changed." in str(caught.value)


def test_rendered_faults_open_in_an_editor() -> None:
    fault = Fault(7, 3, "dns.ttl", "too long", "30s")
    assert render_faults(Path("p.yaml"), [fault]) == "p.yaml:7: dns.ttl: too long. Write: 30s"


PIECES = sorted(
    set(re.findall(r"[A-Za-z_0-9/*.-]+|\s+|\S", TEXT)) | {"&a ", "*a", "<<", "!!int ", "\t", "\x00", "'", "${", "..."}
)


@st.composite
def mangled(draw: st.DrawFn) -> str:
    """The example plan with a few spans cut out, moved, or replaced by other pieces of it."""
    text = TEXT
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 60)))
        piece = draw(st.one_of(st.sampled_from(PIECES), st.just(text[end : end + 80]), st.text(max_size=6)))
        text = text[:start] + piece + text[end:]
    return text


@given(text=mangled())
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_mangled_plans_yield_faults_or_a_plan(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    faults = check_file(path, {})
    lines = text.count("\n") + 2
    if faults:
        assert faults == sorted(faults)
        assert all(1 <= each.line <= lines and each.what and each.write_instead for each in faults)
    else:
        assert isinstance(read_plan(path, {}), Plan)
