"""No scratch place meets what is in use, in any plan."""

import pytest
from plan_fixtures import SHOP

from recovery.isolation import decide_isolation, used_places
from recovery.plan import Plan
from recovery.plan_file import read_plan
from tasks.check_isolation import same_for_aliases

SHOP_PLAN = read_plan(SHOP, {})
ADDRESSES = {
    "postgresql/shop-primary": "postgresql://a:5432/shop",
    "postgresql/shop-standby": "postgresql://b:5432/shop",
    "postgresql/shop-scratch": "postgresql://c:5432/shop",
    "files/uploads-primary": "file:///srv/uploads",
    "files/uploads-standby": "file:///standby/uploads",
    "files/uploads-scratch": "file:///scratch/uploads",
}


def other(**changes: str) -> Plan:
    """The plan of another application, with places of its own but for one."""
    parts = {
        name: part.model_copy(
            update={
                field: changes.get(f"{name}_{field}", f"{getattr(part, field)}-of-books")
                for field in ("source", "restore_to", "scratch")
            }
        )
        for name, part in SHOP_PLAN.components.items()
    }
    return SHOP_PLAN.model_copy(update={"application": "books", "components": parts})


def decide(more: dict[str, str], *plans: Plan) -> str:
    addresses = ADDRESSES | more
    return decide_isolation(SHOP_PLAN, addresses, used_places([SHOP_PLAN, *plans], addresses)).sentence


def test_places_of_their_own_pass() -> None:
    assert decide({}) == "The scratch places meet none of the 4 places that all plans use."
    assert decide({}, other()).endswith(
        "none of the 10 places that all plans use (6 of them known by their block alone)."
    )


@pytest.mark.parametrize(
    ("more", "plans", "words"),
    [
        ({"postgresql/shop-scratch": "postgresql://a:5432/shop"}, (), "the source postgresql/shop-primary of database"),
        ({"postgresql/shop-scratch": "postgresql://b:5432/shop"}, (), "the restore target postgresql/shop-standby"),
        ({}, (other(database_source="postgresql/shop-scratch"),), "the source postgresql/shop-scratch of database of"),
        ({}, (other(database_scratch="postgresql/shop-scratch"),), "the scratch place postgresql/shop-scratch"),
        (
            {"files/uploads-scratch": "postgresql://c:5432/shop"},
            (),
            "the scratch place files/uploads-scratch of uploads",
        ),
        ({"files/uploads-primary-of-books": "file:///scratch/uploads"}, (other(),), "of uploads of books"),
        ({"files/uploads-scratch": "file:///srv/uploads/scratch"}, (), "the source files/uploads-primary"),
        ({"files/uploads-scratch": "file:///srv"}, (), "the source files/uploads-primary"),
    ],
)
def test_what_meets_is_refused(more: dict[str, str], plans: tuple[Plan, ...], words: str) -> None:
    assert words in decide(more, *plans)


def test_a_folder_of_a_name_that_only_begins_alike_is_another() -> None:
    assert "meet none" in decide({"files/uploads-scratch": "file:///srv/uploads-scratch"})


def test_a_server_of_many_names_is_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    assert same_for_aliases("postgresql://localhost:5432/shop") == same_for_aliases("postgresql://127.0.0.1:5432/shop")
    assert same_for_aliases("postgresql://127.0.0.1:5432/shop") != same_for_aliases("postgresql://127.0.0.2:5432/shop")
    assert same_for_aliases("file:///srv/localhost") == "file:///srv/localhost"
    known = {"db.example.test": "192.0.2.7", "alias.example.test": "192.0.2.7"}

    def look_up(host: str, *_: object, **__: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        if host not in known:
            raise OSError("unknown")
        return [(2, 1, 6, "", (known[host], 0))]

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    assert same_for_aliases("postgresql://db.example.test:1/x") == same_for_aliases(
        "postgresql://alias.example.test:1/x"
    )
    assert same_for_aliases("postgresql://none.example.test:1/x") == "postgresql://none.example.test:1/x"
