"""The shop hands out no file from outside of its folder, and takes none with a clever name."""

from pathlib import Path

import pytest

from demo.shop_uploads import find_upload, store_upload


def test_only_files_of_the_folder_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "uploads"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "a b.txt").write_text("x")
    (tmp_path / "secret").write_text("s")
    (folder / "out").symlink_to(tmp_path / "secret")
    (folder / "in").symlink_to("deep/a b.txt")
    assert find_upload(folder, "deep/a b.txt") and find_upload(folder, "in")
    for name in ("../secret", "out", "deep", "missing", str(tmp_path / "secret"), "a\0b", "x" * 5000):
        assert find_upload(folder, name) is None, name


@pytest.mark.parametrize("name", ["../x", ".hidden", "", "a/b", "a\nb", "x" * 101, "-", "ä"])
def test_unsafe_names_are_refused(tmp_path: Path, name: str) -> None:
    assert not store_upload(tmp_path / "uploads", name, b"x")
    assert not (tmp_path / "uploads").exists()


def test_a_file_is_stored_whole_but_not_through_a_link(tmp_path: Path) -> None:
    assert store_upload(tmp_path, "a.txt", b"one") and store_upload(tmp_path, "a.txt", b"two")
    (tmp_path / "link").symlink_to("a.txt")
    assert not store_upload(tmp_path, "link", b"three")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.txt": b"two", "link": b"two"}
