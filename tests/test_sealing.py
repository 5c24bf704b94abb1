"""Sealing, opening and signing: whatever is done to what was stored is found, and public tools open it."""

import gc
import io
import os
import random
import shutil
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from pathlib import Path

import pyrage
import pytest
import zstandard
from blake3 import blake3

from blocks.keys import BackupKeys
from recovery.decompressing import PlainStream
from recovery.errors import Missing, NotProved, RecoveryError
from recovery.opening import unseal
from recovery.sealing import Sealed, seal
from recovery.signing import check_signature, generate_signing_key, public_key_of, sign
from recovery.streams import as_file
from recovery.uploads import Chunk

CHUNK = 64 * 1024
IDENTITY = pyrage.x25519.Identity.generate()
PLAIN = random.Random(1).randbytes(300_000) + b"the same again " * 20_000


def sealed_of(plain: bytes, chunk_bytes: int = CHUNK) -> tuple[Sealed, dict[str, bytes]]:
    stored: dict[str, bytes] = {}
    sealed = seal(io.BytesIO(plain), [str(IDENTITY.to_public())], "p/", stored.__setitem__, chunk_bytes)
    return sealed, stored


def opened(sealed: Sealed, stored: dict[str, bytes], identity: object = IDENTITY) -> bytes:
    def get(key: str) -> bytes:
        if key not in stored:
            raise Missing(f"{key} is not in the vault.")
        return stored[key]

    into = io.BytesIO()
    unseal(sealed, str(identity), get, into)
    return into.getvalue()


def rehashed(sealed: Sealed, stored: dict[str, bytes]) -> Sealed:
    """What an attacker could write who can change a manifest, but has no key to sign it."""
    chunks = [
        Chunk(key=each.key, size=len(stored[each.key]), digest=blake3(stored[each.key]).hexdigest())
        for each in sealed.chunks
    ]
    return sealed.model_copy(update={"chunks": tuple(chunks)})


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 300_000, len(PLAIN)])
def test_what_was_sealed_is_opened(size: int) -> None:
    sealed, stored = sealed_of(PLAIN[:size])
    assert opened(sealed, stored) == PLAIN[:size]
    assert sealed.size == size
    assert sealed.digest == blake3(PLAIN[:size]).hexdigest()
    assert sealed.sealed_size == sum(map(len, stored.values()))
    assert [chunk.key for chunk in sealed.chunks] == sorted(stored)
    assert {chunk.size for chunk in sealed.chunks[:-1]} <= {CHUNK}


def test_the_chunks_are_one_age_file_of_one_zstd_file(tmp_path: Path) -> None:
    sealed, stored = sealed_of(PLAIN)
    whole = b"".join(stored[chunk.key] for chunk in sealed.chunks)
    assert whole.startswith(b"age-encryption.org/v1\n")
    compressed = pyrage.decrypt(whole, [IDENTITY])
    assert zstandard.ZstdDecompressor().decompressobj().decompress(compressed) == PLAIN
    assert zstandard.get_frame_parameters(compressed).has_checksum
    if shutil.which("zstd"):
        done = subprocess.run(["zstd", "-dc"], input=compressed, capture_output=True, check=True, timeout=30)
        assert done.stdout == PLAIN
    if shutil.which("age"):
        (tmp_path / "key").write_text(str(IDENTITY))
        command = ["age", "-d", "-i", str(tmp_path / "key")]
        assert subprocess.run(command, input=whole, capture_output=True, check=True, timeout=30).stdout == compressed


def test_one_flipped_bit_anywhere_is_found_and_the_chunk_named() -> None:
    sealed, stored = sealed_of(PLAIN)
    dice = random.Random(2)
    for chunk in sealed.chunks:
        for at in [0, chunk.size - 1, *(dice.randrange(chunk.size) for _ in range(20))]:
            damaged = bytearray(stored[chunk.key])
            damaged[at] ^= 1 << dice.randrange(8)
            with pytest.raises(NotProved, match=chunk.key):
                opened(sealed, stored | {chunk.key: bytes(damaged)})


def test_one_flipped_bit_is_found_even_with_a_forged_digest() -> None:
    sealed, stored = sealed_of(PLAIN)
    dice = random.Random(3)
    for _ in range(60):
        chunk = dice.choice(sealed.chunks)
        damaged = bytearray(stored[chunk.key])
        damaged[dice.randrange(chunk.size)] ^= 1 << dice.randrange(8)
        changed = stored | {chunk.key: bytes(damaged)}
        with pytest.raises(NotProved):
            opened(rehashed(sealed, changed), changed)


DAMAGE: dict[str, Callable[[dict[str, bytes]], dict[str, bytes]]] = {
    "missing": lambda stored: {key: data for key, data in stored.items() if key != "p/00002.age"},
    "cut short": lambda stored: stored | {"p/00002.age": stored["p/00002.age"][:-1]},
    "emptied": lambda stored: stored | {"p/00002.age": b""},
    "longer": lambda stored: stored | {"p/00002.age": stored["p/00002.age"] + b"x"},
    "swapped": lambda stored: stored | {"p/00002.age": stored["p/00003.age"], "p/00003.age": stored["p/00002.age"]},
}


@pytest.mark.parametrize("name", DAMAGE)
def test_other_damage_is_found_and_the_chunk_named(name: str) -> None:
    sealed, stored = sealed_of(PLAIN)
    with pytest.raises((NotProved, Missing), match=r"p/00002\.age"):
        opened(sealed, DAMAGE[name](stored))


@pytest.mark.parametrize("kept", [slice(0, -1), slice(1, None), slice(0, 1), slice(0, 0)])
def test_dropped_chunks_are_found_by_age_itself(kept: slice) -> None:
    sealed, stored = sealed_of(PLAIN)
    with pytest.raises(NotProved):
        opened(sealed.model_copy(update={"chunks": sealed.chunks[kept]}), stored)


def test_another_stream_is_not_taken_for_this_one() -> None:
    """Rightly encrypted for the same key, as anybody could: the digest of the plain stream tells."""
    sealed, _ = sealed_of(PLAIN)
    for plain in (PLAIN[:-1], PLAIN + b"x", PLAIN[:-1] + b"!"):
        other, stored = sealed_of(plain)
        with pytest.raises(NotProved, match="not what was backed up"):
            opened(sealed.model_copy(update={"chunks": other.chunks}), stored)


def test_the_wrong_key_opens_nothing() -> None:
    sealed, stored = sealed_of(PLAIN)
    with pytest.raises(NotProved, match="cannot be decrypted"):
        opened(sealed, stored, pyrage.x25519.Identity.generate())


def test_a_stream_that_fails_raises_its_own_error() -> None:
    def failing():  # type: ignore[no-untyped-def]
        yield os.urandom(200_000)
        raise RecoveryError("pg_dump failed with exit status 1: out of luck.")

    with pytest.raises(RecoveryError, match="out of luck"):
        seal(as_file(failing()), [str(IDENTITY.to_public())], "p/", lambda key, data: None, CHUNK)
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith(("seal", "read-ahead"))]


def test_a_put_that_fails_raises_its_own_error() -> None:
    def put(key: str, data: bytes) -> None:
        if key >= "p/00002.age":
            raise RecoveryError("The vault is full.")

    with pytest.raises(RecoveryError, match="The vault is full"):
        seal(io.BytesIO(PLAIN), [str(IDENTITY.to_public())], "p/", put, CHUNK)


@pytest.mark.slow
def test_memory_stays_bounded() -> None:
    """3 GB that compress to nearly nothing, and 700 MB that do not compress at all, both ways."""
    script = f"""
import os, sys
from recovery.sealing import seal
from recovery.opening import unseal
from recovery.streams import as_file
class Sink:
    def write(self, data): return len(data)
noise = os.urandom(1 << 20)
stored = {{}}
for block, count, keep in ((bytes(1 << 20), 3000, True), (noise, 700, False)):
    blocks = (bytes([n % 251]) + block[1:] for n in range(count))
    put = stored.__setitem__ if keep else (lambda key, data: None)
    sealed = seal(as_file(blocks), ["{IDENTITY.to_public()}"], "p/", put)
    if keep:
        unseal(sealed, "{IDENTITY}", stored.__getitem__, Sink())
# Not ru_maxrss: a child inherits that of whoever forked it.
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(int(status["VmHWM"].split()[0]) // 1024)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, timeout=120, text=True)
    assert int(done.stdout) < 400


def test_openssl_checks_our_signature(tmp_path: Path) -> None:
    if not shutil.which("openssl"):
        pytest.skip("openssl is not on the PATH")
    key, data = generate_signing_key(), b'{"a":1}\n'
    (tmp_path / "pub.pem").write_text(public_key_of(key))
    (tmp_path / "manifest.sig").write_bytes(sign(data, key))
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "pub.pem", "-rawin"]
    command += ["-in", "manifest.json", "-sigfile", "manifest.sig"]
    for content, status in ((data, 0), (data + b" ", 1)):
        (tmp_path / "manifest.json").write_bytes(content)
        assert subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=30).returncode == status


def test_every_wrong_signature_is_told_apart() -> None:
    key = generate_signing_key()
    trusted, good = [public_key_of(generate_signing_key()), public_key_of(key)], sign(b"data", key)
    check_signature("It", b"data", good, trusted)
    for data, signature, keys, words in [
        (b"data", None, trusted, "It has no signature"),
        (b"data", b"", trusted, "It has no signature"),
        (b"data", good[:-1], trusted, "damaged signature: 63 bytes"),
        (b"dat4", good, trusted, "changed afterwards"),
        (b"data", good, trusted[:1], "a key that is not trusted"),
        (b"data", bytes([good[0] ^ 1]) + good[1:], trusted, "changed afterwards"),
        (b"data", good, [], "no public key is trusted"),
    ]:
        with pytest.raises(NotProved, match=words):
            check_signature("It", data, signature, keys)


def test_keys_are_checked_and_never_shown() -> None:
    keys = BackupKeys.generate()
    assert keys.secret_identity() not in repr(keys) + keys.model_dump_json()
    assert keys.secret_signing_key() not in repr(keys) + keys.model_dump_json()
    bare = BackupKeys(recipients=keys.recipients, trusted=keys.trusted)
    for call in (bare.secret_identity, bare.secret_signing_key):
        with pytest.raises(RecoveryError, match="hold no"):
            call()
    good = {"recipients": keys.recipients, "trusted": keys.trusted}
    for wrong in (
        {"recipients": ["age1nonsense"]},
        {"recipients": []},
        {"identity": "AGE-SECRET-KEY-1NONSENSE"},
        {"signing_key": "-----BEGIN NONSENSE-----"},
        {"trusted": ["ssh-ed25519 AAAA"]},
    ):
        with pytest.raises(ValueError, match=next(iter(wrong))) as raised:
            BackupKeys(**(good | wrong))
        assert "NONSENSE" not in str(raised.value)


def test_what_was_opened_is_let_go_of() -> None:
    """Also where opening failed: Python's garbage collector does not see through zstandard's writers."""
    sealed, _ = sealed_of(PLAIN)
    streams = []
    for data in (b"", b"no zstd at all"):
        with PlainStream(sealed, io.BytesIO()) as stream:
            stream.write(data)
            with pytest.raises(NotProved):
                stream.finish()
        streams.append(weakref.ref(stream))
        del stream
    gc.collect()
    assert [each() for each in streams] == [None, None]
