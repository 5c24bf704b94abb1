"""Kills a playbook at one place after the other, lets it go on, and looks at the world."""

from collections.abc import Sequence

from fault_places import Place
from fault_stages import Stage
from fault_watch import Watcher

KILLED = -9


def all_places(stage: Stage) -> list[Place]:
    """Every place there is, by a run that nothing disturbs; which must come out well itself."""
    stage.prepare()
    stage.begin()
    assert stage.play(**stage.fresh) == 0
    assert stage.wrong() == []
    return stage.places()


def each_by_itself(stage: Stage, places: Sequence[Place]) -> list[str]:
    """A recovery for each place, killed there once. Returns what was wrong."""
    wrong = []
    for number, place in enumerate(places, 1):
        with Watcher(stage.state) as watcher:
            stage.begin()
            killed = stage.play(place, **stage.fresh) == KILLED
            ended = stage.play() if killed else 0
        found = stage.wrong() if ended == 0 else [f"it did not go on ({ended})"]
        wrong += _tell(f"{number} of {len(places)}", [place], found, watcher)
    return wrong


def one_after_the_other(stage: Stage, places: Sequence[Place]) -> list[str]:
    """Few recoveries, each killed at as many places as it passes, one after the other."""
    left, wrong = list(places), list[str]()
    while left:
        hit = list[Place]()
        with Watcher(stage.state) as watcher:
            stage.begin()
            code = KILLED
            while left and code == KILLED:
                place = left.pop(0)
                code = stage.play(place, **({} if hit else stage.fresh))
                hit += [place] if code == KILLED else []
                print(f"  {len(places) - len(left)} of {len(places)}: {place}: {code}", flush=True)
            missed = code != KILLED
            ended = stage.play() if not missed else code
        found = stage.wrong() if ended == 0 else [f"it did not go on ({ended})"]
        wrong += _tell(f"{len(places) - len(left)} of {len(places)}", hit, found, watcher)
        if missed and hit:
            left.insert(0, place)  # a step that is not done again is not killed again: in a recovery of its own
    return wrong


def _tell(progress: str, hit: list[Place], found: list[str], watcher: Watcher) -> list[str]:
    if watcher.both:
        found = [*found, "both databases took writes"]
    what = f"killed at {', then at '.join(map(str, hit))}" if hit else "not killed: it did not come by there again"
    print(f"{progress}: {what}: {'; '.join(found) or 'well'}", flush=True)
    return [f"{what}: {each}" for each in found]
