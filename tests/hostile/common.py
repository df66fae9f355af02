"""Hostile files, and parts that several kinds of them share."""

import random
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

MEBIBYTE = 2**20
TAKEN = "taken"
KILLED = "too_complex"


@dataclass(frozen=True)
class HostileFile:
    """`answers` are the permitted ones: a code of refusal, or TAKEN."""

    name: str
    make: Callable[[], bytes]
    answers: frozenset[str]


def list_files(*files: tuple[str, Callable[[], bytes], str]) -> list[HostileFile]:
    return [HostileFile(name, make, frozenset(answers.split())) for name, make, answers in files]


def repeated(mebibytes: int, byte: bytes = b"\0") -> bytes:
    """Return so many MiB of one byte as a zlib stream, without ever holding them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = packer.compress(byte * MEBIBYTE) + packer.flush(zlib.Z_FULL_FLUSH)
    end = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS).flush()
    checksum = struct.pack(">I", (mebibytes * MEBIBYTE % 65_521) << 16 | 1)
    return b"\x78\xda" + block * mebibytes + end + checksum


def flipped(data: bytes, seed: int, first: int) -> bytes:
    """Return the file with random bytes from `first` on."""
    dice = random.Random(seed)
    broken = bytearray(data)
    for _ in range(dice.choice((3, 30, 300))):
        broken[dice.randrange(first, len(broken))] = dice.randrange(256)
    return bytes(broken)
