"""The token of the site that may write: its rules, and the fence that takes it, on a real S3 store."""

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fence_contract import SECRET, FenceContract
from hypothesis import given
from hypothesis import strategies as st
from server_fixtures import S3Store, s3_store
from site_fixtures import Site

from blocks.fences.lease import HOLDER, LeaseFence
from recovery.errors import Unreachable
from recovery.fence_token import FenceToken, give_back, judge_token, take
from recovery.model import now

__all__ = ["s3_store"]
NOON, SECOND = datetime(2026, 1, 1, 12, tzinfo=UTC), timedelta(seconds=1)
_numbers = itertools.count()


@pytest.mark.parametrize(
    ("held", "verdict", "words"),
    [
        (None, "refuse", "nobody holds a token"),
        (FenceToken(number=3, holder="a", until=NOON, writes_end=NOON), "refuse", "token 3 is held by a"),
        (FenceToken(number=3, holder="", until=NOON, writes_end=NOON), "refuse", "token 3 is held by nobody"),
        (FenceToken(number=3, holder="f", until=NOON, writes_end=NOON), "refuse", "may write until 12:00:02 UTC"),
        (FenceToken(number=3, holder="f", until=NOON, writes_end=NOON - 2 * SECOND), "done", "token 3 is ours"),
    ],
)
def test_the_token_proves_when_it_is_ours_and_nobody_before_may_write(
    held: FenceToken | None, verdict: str, words: str
) -> None:
    judged = judge_token(held, "f", NOON, 2 * SECOND)
    assert judged.verdict == verdict
    assert words in judged.sentence


@given(st.lists(st.tuples(st.sampled_from(["take", "give back"]), st.integers(0, 60), st.integers(1, 60)), max_size=20))
def test_whatever_happens_the_number_grows_and_no_term_is_forgotten(moves: list[tuple[str, int, int]]) -> None:
    held: FenceToken | None = None
    at, terms = NOON, [NOON]
    for move, wait, term in moves:
        at += wait * SECOND
        before = held
        if move == "take" or held is None:
            if held is not None and held.holder:
                terms.append(held.until)
            held = take(held, f"h{wait}", at, term * SECOND)
            assert held.writes_end >= max(terms)
        else:
            held, terms = give_back(held, at), [at]
        assert held.number == (before.number if before else 0) + 1


class Primary:
    """A site that takes writes while it holds the token, and shuts its door when it does not."""

    def __init__(self, store: S3Store) -> None:
        self.store, self.key, self.stuck = store, f"fences/shop-{next(_numbers)}.json", False
        self.client = store.client()
        self.take("primary", 0.3)
        self.site = Site(lambda: self.stuck or self.token().holder != HOLDER)

    def token(self) -> FenceToken:
        answer = self.client.get_object(Bucket=self.store.bucket, Key=self.key)
        return FenceToken.model_validate_json(answer["Body"].read())

    def take(self, holder: str, seconds: float) -> None:
        held = self.token() if holder != "primary" else None
        taken = take(held, holder, now(), timedelta(seconds=seconds))
        self.client.put_object(Bucket=self.store.bucket, Key=self.key, Body=taken.model_dump_json().encode())

    def fence(self, **fields: Any) -> LeaseFence:
        usual: dict[str, Any] = {
            "bucket": self.store.bucket,
            "key": self.key,
            "region": self.store.region,
            "endpoint_url": self.store.url,
            "access_key_id": self.store.access_key,
            "secret_access_key": self.store.secret_key,
            "endpoints": (f"http://127.0.0.1:{self.site.port}/orders",),
            "skew_seconds": 0.5,
            "wait_seconds": 20,
        }
        return LeaseFence(**usual | fields)


@pytest.fixture
def primary(s3_store: S3Store) -> Iterator[Primary]:
    made = Primary(s3_store)
    yield made
    made.site.close()


@pytest.mark.slow
class TestLeaseFence(FenceContract):
    @pytest.fixture
    def fence(self, primary: Primary) -> LeaseFence:
        return primary.fence()

    @pytest.fixture
    def rules(self, primary: Primary) -> Callable[[], Any]:
        return lambda: primary.token().holder == HOLDER

    @pytest.fixture
    def undo_behind(self, primary: Primary) -> Callable[[], None]:
        return lambda: primary.take("somebody", 60)

    @pytest.fixture
    def keep_open(self, primary: Primary) -> Callable[[], None]:
        """An application that does not keep to the token."""

        def act() -> None:
            primary.stuck = True

        return act

    @pytest.fixture
    def away(self) -> LeaseFence:
        return LeaseFence(
            bucket="b",
            key="k",
            region="eu-west-1",
            endpoint_url="http://127.0.0.1:9",
            access_key_id="me",
            secret_access_key=SECRET,
            connect_timeout_seconds=0.2,
            tries=1,
        )


@pytest.mark.slow
def test_its_proof_is_its_token_which_alone_stops_nobody(primary: Primary) -> None:
    alone, with_doors = primary.fence(endpoints=()), primary.fence()
    alone.raise_fence()
    proof = alone.prove()
    assert (proof.proved, proof.cuts_writes, proof.token) == (True, False, 2)
    assert "token 2 is ours" in proof.evidence[0]
    assert with_doors.prove().cuts_writes
    alone.lower()
    alone.raise_fence()
    assert alone.prove().token == 4


@pytest.mark.slow
def test_it_waits_for_the_term_of_the_holder_before(primary: Primary) -> None:
    primary.take("a late one", 1.5)
    ends = primary.token().until
    primary.fence(endpoints=()).raise_fence()
    assert now() >= ends + timedelta(seconds=0.5)
    primary.take("one that waits long", 3600)
    hasty = primary.fence(wait_seconds=0.2, endpoints=())
    with pytest.raises(Unreachable, match="the holder before may write until"):
        hasty.raise_fence()
    assert not hasty.prove().proved


@pytest.mark.slow
def test_a_holder_that_renews_and_fences_at_once_never_get_the_same_number(primary: Primary) -> None:
    """Every write is conditional: what one has read and another has changed since is read again."""
    stop, numbers = threading.Event(), []

    def renew() -> None:
        while not stop.is_set():
            held = primary.client.get_object(Bucket=primary.store.bucket, Key=primary.key)
            token = json.loads(held["Body"].read())
            if token["holder"] == HOLDER:
                return
            numbers.append(token["number"])
            primary.client.put_object(
                Bucket=primary.store.bucket, Key=primary.key, Body=json.dumps(token).encode(), IfMatch=held["ETag"]
            )

    renewing = threading.Thread(target=lambda: _quietly(renew))
    renewing.start()
    try:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: primary.fence(endpoints=()).raise_fence(), range(4)))
    finally:
        stop.set()
        renewing.join(20)
    assert primary.token().number == 2
    assert set(numbers) <= {1}


def _quietly(act: Callable[[], None]) -> None:
    """A renewal that comes too late fails, as it should."""
    try:
        act()
    except Exception as error:  # noqa: BLE001
        assert "Precondition" in str(error)
