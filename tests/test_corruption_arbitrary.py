"""Arbitrary bytes: only errors of ours come out, and nothing is accepted that was not signed or sealed."""

import contextlib
import io
import json

import pyrage
import pytest
import zstandard
from blake3 import blake3
from hypothesis import given, settings
from hypothesis import strategies as st

from recovery.backup_content import read_content
from recovery.errors import NotProved, RecoveryError
from recovery.manifest import Manifest, canonical, open_manifest
from recovery.opening import unseal
from recovery.part import Part
from recovery.sealing import Sealed, seal
from recovery.signing import generate_signing_key, public_key_of, sign
from recovery.uploads import Chunk

KEY = generate_signing_key()
TRUSTED = [public_key_of(KEY)]
IDENTITY = pyrage.x25519.Identity.generate()
PLAIN = b"the quick brown fox " * 500
STORED: dict[str, bytes] = {}
SEALED = seal(io.BytesIO(PLAIN), [str(IDENTITY.to_public())], "p/", STORED.__setitem__, 100)
PART = Part(
    name="db", kind="files", origin="o", taken_at="2026-01-01T00:00:00Z", archive=SEALED, content=SEALED, items=1,
    total=1,
)  # fmt: skip
MANIFEST = Manifest(
    backup="20260101T000000Z-abcdef", application="shop", taken_at=PART.taken_at, finished_at=PART.taken_at,
    prefix="p/", recipient="r", key="p/key.age", recipients=("r",), parts=(PART,),
)  # fmt: skip
WHOLE = canonical(MANIFEST)
LOOSE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(st.binary() | st.just(WHOLE), st.binary() | st.none() | st.binary(min_size=64, max_size=64))
def test_nothing_passes_without_a_signature_that_holds(data: bytes, signature: bytes | None) -> None:
    with pytest.raises(NotProved, match=r"^It "):
        open_manifest("It", data, signature, TRUSTED)


def accepted(data: bytes) -> bool:
    """Whether it is taken for a manifest where the right key signed it."""
    try:
        manifest = open_manifest("It", data, sign(data, KEY), TRUSTED)
    except NotProved as error:
        assert str(error).startswith("It is signed but ")
        return False
    assert canonical(manifest) == data
    return True


@settings(max_examples=150, deadline=None)
@given(st.binary() | LOOSE.map(lambda value: json.dumps(value).encode()) | st.text().map(str.encode))
def test_rubbish_that_is_signed_is_no_manifest(data: bytes) -> None:
    assert not accepted(data)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(json.loads(WHOLE))), LOOSE)
def test_a_field_of_any_other_kind_is_refused_or_read_as_it_stands(field: str, value: object) -> None:
    changed = json.loads(WHOLE) | {field: value}
    accepted(json.dumps(changed, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode() + b"\n")


@pytest.mark.parametrize(
    "data",
    [b"[" * 200_000, b'{"a":' * 200_000, b'"\\ud800"', b"\xff\xfe", b"\xef\xbb\xbf{}",
      b"1" * 5000, b"NaN", b"", WHOLE[:-1]],
)  # fmt: skip
def test_what_breaks_readers_of_json_is_refused(data: bytes) -> None:
    assert not accepted(data)


def test_a_true_manifest_is_accepted() -> None:
    assert accepted(WHOLE)


@settings(max_examples=100, deadline=None)
@given(st.binary() | LOOSE.map(lambda value: json.dumps(value).encode()))
def test_rubbish_is_no_content(data: bytes) -> None:
    with pytest.raises(NotProved, match=r"^The content of db of backup 20260101T000000Z-abcdef of shop "):
        read_content(MANIFEST, PART, [data])


def opened(data: bytes, sealed: Sealed, identity: str = str(IDENTITY), cut: int = 64) -> bytes:
    """What comes out where the chunks' digests are right, which only a signer could make them."""
    pieces = {f"p/{at:05d}": data[at : at + cut] for at in range(0, len(data), cut)}
    chunks = tuple(Chunk(key=key, size=len(each), digest=blake3(each).hexdigest()) for key, each in pieces.items())
    into = io.BytesIO()
    unseal(sealed.model_copy(update={"chunks": chunks}), identity, pieces.__getitem__, into)
    return into.getvalue()


def age(data: bytes) -> bytes:
    return pyrage.encrypt(data, [IDENTITY.to_public()])


HEADER = b"age-encryption.org/v1\n"


@settings(max_examples=150, deadline=None)
@given(
    st.binary()
    | st.binary().map(lambda tail: HEADER + tail)
    | st.binary().map(age)
    | st.binary().map(lambda plain: age(zstandard.compress(plain)))
    | st.binary().map(lambda tail: age(zstandard.compress(PLAIN) + tail)).filter(lambda data: data != age(PLAIN)),
    st.integers(1, 5000),
)
def test_bytes_of_any_kind_open_to_the_right_ones_or_to_an_error_of_ours(data: bytes, cut: int) -> None:
    with contextlib.suppress(NotProved):
        assert opened(data, SEALED, cut=cut) == PLAIN


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_true_stream_that_was_edited_opens_to_the_right_bytes_or_an_error(data: st.DataObject) -> None:
    whole = b"".join(STORED[chunk.key] for chunk in SEALED.chunks)
    begin = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(begin, len(whole)))
    edited = whole[:begin] + data.draw(st.binary(max_size=40)) + whole[end:]
    try:
        assert opened(edited, SEALED) == PLAIN
    except NotProved:
        assert edited != whole


@settings(max_examples=50, deadline=None)
@given(st.text())
def test_what_is_no_identity_is_said_and_not_shown(text: str) -> None:
    with pytest.raises(RecoveryError, match="is no age identity") as raised:
        opened(b"x", SEALED, identity=text)
    assert len(text) < 4 or text not in str(raised.value)
