"""The house keeps its order: who may import whom, and names that would break Prefect's way of loading flows."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAY_IMPORT = {
    "recovery": set(),
    "blocks": {"recovery"},
    "tasks": {"blocks", "recovery"},
    "flows": {"tasks", "blocks", "recovery"},
    "doors": {"flows", "tasks", "blocks", "recovery", "demo"},
}
OURS = {"recovery", "blocks", "tasks", "flows", "doors", "demo", "tests", "plans", "infra"}


def imported_packages(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    return {name.partition(".")[0] for name in names} & OURS


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_arrows(folder: str) -> None:
    allowed = MAY_IMPORT[folder] | {folder}
    wrong = {
        str(path.relative_to(ROOT)): sorted(extra)
        for path in sorted((ROOT / folder).rglob("*.py"))
        if (extra := imported_packages(path) - allowed)
    }
    assert not wrong


def test_the_domain_knows_no_prefect() -> None:
    wrong = [path.name for path in (ROOT / "recovery").rglob("*.py") if "prefect" in _all_imports(path)]
    assert not wrong


def _all_imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    return {name.partition(".")[0] for name in names}


def test_no_flow_shadows_a_package() -> None:
    """Prefect puts `flows/` first on the path: a module there named like a package of ours, or of Python, hides it."""
    stems = {path.stem for path in (ROOT / "flows").glob("*.py")} - {"__init__"}
    assert not stems & (OURS | set(sys.stdlib_module_names))


def test_nothing_of_one_machine_is_committed() -> None:
    words = ("/root" + "/", "/work" + "/", "pypi" + ".org", "deb.debian" + ".org", "registry.npmjs" + ".org")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)
    wrong = []
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.is_file() and path.suffix not in {".png", ".svg"}:
            text = path.read_text(errors="replace")
            wrong += [f"{name}: {word}" for word in words if word in text]
    assert not wrong
