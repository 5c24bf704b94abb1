"""What every fence must do. A provider's test subclasses `FenceContract` and gives it the fixtures."""

from collections.abc import Callable
from typing import Any

import pytest

from blocks.fences.kind import Fence
from recovery.errors import Unreachable

SECRET = "not-to-be-shown"


class FenceContract:
    """Give it these fixtures:

    - `fence`: one that is not raised, in front of a primary that takes writes;
    - `rules`: tells what `lower` has to give back, as values that can be compared;
    - `undo_behind`: opens the primary again behind the fence's back, as somebody by mistake would;
    - `keep_open`: makes the primary stay reachable, whatever the fence does;
    - `away`: a fence whose control plane does not answer. Where it has a secret, it is `SECRET`.
    """

    @pytest.fixture
    def fence(self) -> Fence:
        raise NotImplementedError

    @pytest.fixture
    def rules(self) -> Callable[[], Any]:
        raise NotImplementedError

    @pytest.fixture
    def undo_behind(self) -> Callable[[], None]:
        raise NotImplementedError

    @pytest.fixture
    def keep_open(self) -> Callable[[], None]:
        raise NotImplementedError

    @pytest.fixture
    def away(self) -> Fence:
        raise NotImplementedError

    def test_before_it_is_raised_it_is_not_proved(self, fence: Fence) -> None:
        proof = fence.prove()
        assert not proof.proved and proof.evidence
        assert proof.sentence.startswith("NOT fenced by ")

    def test_raised_it_is_proved_with_evidence(self, fence: Fence) -> None:
        fence.raise_fence()
        proof = fence.prove()
        assert proof.proved, proof.sentence
        assert len(proof.evidence) >= 2

    def test_proving_changes_nothing(self, fence: Fence, rules: Callable[[], Any]) -> None:
        before = rules()
        fence.prove()
        assert rules() == before

    def test_lowering_gives_back_what_was_taken(self, fence: Fence, rules: Callable[[], Any]) -> None:
        before = rules()
        fence.raise_fence()
        assert rules() != before
        fence.lower()
        assert rules() == before
        assert not fence.prove().proved

    def test_raising_and_lowering_twice_does_no_more_than_once(self, fence: Fence, rules: Callable[[], Any]) -> None:
        before = rules()
        fence.raise_fence()
        fence.raise_fence()
        assert fence.prove().proved
        fence.lower()
        fence.lower()
        assert rules() == before

    def test_lowering_what_was_never_raised_changes_nothing(self, fence: Fence, rules: Callable[[], Any]) -> None:
        before = rules()
        fence.lower()
        assert rules() == before

    def test_somebody_who_opens_it_again_is_noticed(self, fence: Fence, undo_behind: Callable[[], None]) -> None:
        fence.raise_fence()
        undo_behind()
        assert not fence.prove().proved

    def test_reading_it_back_is_not_enough(self, fence: Fence, keep_open: Callable[[], None]) -> None:
        keep_open()
        fence.raise_fence()
        proof = fence.prove()
        assert not proof.proved
        assert any("write" in sentence or "connection" in sentence for sentence in proof.evidence)

    def test_away_it_cannot_be_raised_nor_proved_and_tells_no_secret(self, away: Fence) -> None:
        for act in (away.raise_fence, away.lower):
            with pytest.raises(Unreachable) as caught:
                act()
            assert SECRET not in str(caught.value) and SECRET not in repr(away)
        proof = away.prove()
        assert not proof.proved and SECRET not in proof.sentence
