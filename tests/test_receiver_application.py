"""What comes in over HTTP: kept and answered, or turned away with nothing kept and no secret told."""

import asyncio
import hashlib
import hmac
import json
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest
from alert_fixtures import ALERTMANAGER, GRAFANA, KIBANA, TOPIC, SnsSigner
from receiver_fixtures import BEARER, SECRET, Played, playing

from doors.receiver.guard import Buckets
from recovery.model import now


def play(folder: Path, story: Any, **options: Any) -> Any:
    async def whole() -> Any:
        async with playing(folder, **options) as played:
            return await story(played)

    return asyncio.run(asyncio.wait_for(whole(), 60))


def test_what_is_right_is_on_disk_before_the_answer(tmp_path: Path) -> None:
    async def story(played: Played) -> None:
        first = await played.post("prometheus", ALERTMANAGER, **BEARER)
        assert (first.status_code, first.json()) == (202, {"new": 1, "repeated": 0, "replayed": False})
        with sqlite3.connect(tmp_path / "alerts.sqlite") as other:
            assert other.execute("select application, status from alerts").fetchall() == [("shop", "firing")]
        again = await played.post("prometheus", ALERTMANAGER, **BEARER)
        assert again.json()["repeated"] == 1
        assert first.headers["x-content-type-options"] == "nosniff"
        assert first.headers["cache-control"] == "no-store"

    play(tmp_path, story)


@pytest.mark.parametrize(
    ("name", "headers"),
    [
        ("prometheus", {}),
        ("prometheus", {"Authorization": "Bearer something else entirely"}),
        ("prometheus", {"Authorization": f"Basic {SECRET}"}),
        ("other-prometheus", BEARER),
        ("grafana", BEARER),
        ("grafana", {"X-Grafana-Alerting-Signature": "0" * 64, "X-At": "1"}),
        ("kibana", {"Authorization": SECRET}),
    ],
)
def test_who_is_not_known_changes_nothing_and_learns_nothing(
    tmp_path: Path, name: str, headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    async def story(played: Played) -> None:
        for body in (ALERTMANAGER, b"{", b""):
            answer = await played.post(name, body, **headers)
            assert (answer.status_code, answer.json()) == (401, {"detail": "Not authenticated."})
        assert played.store.waiting() == []
        assert played.store.events() == []

    play(tmp_path, story)
    assert f"{name}: turned away." in caplog.text
    assert SECRET not in caplog.text


def test_an_alert_of_an_application_that_is_not_the_endpoints_is_kept_without_one(tmp_path: Path) -> None:
    async def story(played: Played) -> None:
        answer = await played.post("kibana", {**KIBANA, "application": "bank"}, **BEARER)
        assert answer.status_code == 202
        assert [each.application for each in played.store.waiting()] == [None]

    play(tmp_path, story)


def signed(body: bytes, moment: float) -> dict[str, str]:
    stamp = str(int(moment))
    digest = hmac.new(SECRET.encode(), stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Grafana-Alerting-Signature": digest, "X-At": stamp}


def test_a_signed_request_counts_once_and_not_later(tmp_path: Path) -> None:
    async def story(played: Played) -> None:
        body = json.dumps(GRAFANA).encode()
        headers = signed(body, time.time())
        assert (await played.post("grafana", body, **headers)).json()["new"] == 1
        assert (await played.post("grafana", body, **headers)).json()["replayed"] is True
        assert (await played.post("grafana", body, **signed(body, time.time() - 400))).status_code == 401

    play(tmp_path, story)


def test_amazon(tmp_path: Path) -> None:
    signer, asked = SnsSigner(), list[str]()

    def fetch(url: str) -> bytes:
        asked.append(url)
        return signer.certificate

    async def story(played: Played) -> None:
        at = now().isoformat()
        assert (await played.post("amazon", signer.confirmation(Timestamp=at))).status_code == 202
        assert "ConfirmSubscription" in asked[-1]
        assert played.store.waiting() == []
        alarm = signer.message(Timestamp=at, MessageId="an alarm")
        assert (await played.post("amazon", alarm)).json()["new"] == 1
        assert (await played.post("amazon", alarm)).json()["replayed"] is True
        (kept,) = played.store.waiting()
        assert (kept.application, kept.alert.labels["LoadBalancer"]) == ("shop", "app/shop/50dc6c495c0c9188")
        so_far = len(asked)
        for change in ({"TopicArn": TOPIC + "2"}, {"Timestamp": "2020-01-01T00:00:00Z"}, {"Message": "{}"}):
            assert (await played.post("amazon", {**alarm, **change})).status_code == 401
        other = signer.confirmation(TopicArn=TOPIC + "2", Timestamp=at)
        assert (await played.post("amazon", other)).status_code == 401
        assert len(asked) == so_far

    play(tmp_path, story, fetch=fetch)


@pytest.mark.parametrize(
    ("body", "status"), [(b"{", 400), (b"[]", 400), (b"x" * 5_001, 413), (b"\xff" * 10, 400), (b"[" * 5_000, 400)]
)
def test_what_is_wrong_is_told_and_not_kept(tmp_path: Path, body: bytes, status: int) -> None:
    async def story(played: Played) -> None:
        assert (await played.post("prometheus", body, **BEARER)).status_code == status
        assert played.store.waiting() == []

    play(tmp_path, story, largest_body=5_000)


def test_a_body_without_a_length_is_counted_as_it_comes(tmp_path: Path) -> None:
    async def parts() -> Any:
        for _ in range(10):
            yield b"x" * 1_000

    async def story(played: Played) -> None:
        answer = await played.client.post("/alerts/prometheus", content=parts(), headers=BEARER)
        assert answer.status_code == 413

    play(tmp_path, story, largest_body=5_000)


def test_too_fast_is_told_to_wait(tmp_path: Path) -> None:
    async def story(played: Played) -> None:
        codes = [(await played.post("prometheus", b"")).status_code for _ in range(12)]
        assert codes.count(401) >= 4
        assert codes[-1] == 429

    play(tmp_path, story, most_a_second=2)


def test_each_address_has_its_own_share() -> None:
    buckets = Buckets(2)
    assert [buckets.take("a", 0) for _ in range(5)] == [True] * 4 + [False]
    assert buckets.take("b", 0)
    assert [buckets.take("a", 1) for _ in range(3)] == [True, True, False]


def test_what_cannot_be_kept_is_asked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(played: Played) -> None:
        def full(_deliveries: object) -> list[Any]:
            raise sqlite3.OperationalError("database or disk is full")

        with monkeypatch.context() as patch:
            patch.setattr(played.store, "keep", full)
            answer = await played.post("prometheus", ALERTMANAGER, **BEARER)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert (await played.post("prometheus", ALERTMANAGER, **BEARER)).json()["new"] == 1

    play(tmp_path, story)


def test_many_at_once_are_all_kept(tmp_path: Path) -> None:
    async def story(played: Played) -> None:
        bodies = [{**KIBANA, "alert": str(number)} for number in range(100)]
        answers = await asyncio.gather(*(played.post("kibana", each, **BEARER) for each in bodies))
        assert {each.status_code for each in answers} == {202}
        assert len(played.store.waiting()) == 100

    play(tmp_path, story)


def test_its_sign_of_life(tmp_path: Path) -> None:
    async def story(played: Played) -> None:
        assert (await played.client.get("/health")).json() == {"status": "well"}
        played.healthy = False
        assert (await played.client.get("/health")).status_code == 503
        for path in ("/docs", "/openapi.json", "/alerts", "/alerts/nobody"):
            assert (await played.client.get(path)).status_code == 404

    play(tmp_path, story)
