"""Random lines for the console: words of the protocol in any order, noise, guarded commands whole and damaged."""

from __future__ import annotations

import random
import zlib

# Counts stay small: infer and generate do what they are told, however long it takes.
_WORDS = [
    *("db", "load", "print", "infer", "results", "output", "lm", "feed", "generate", "score", "reset", "stack", "help", "build"),
    *("name", "profile", "timestamp", "%", "%", "%", "0", "1", "2", "8", "9", "-1", "0001", "0013", "0014", "00ff"),
    *("aabbccddeeff0011", "zz", "x", "4", "4", "ffffffff", "00000080", "ffff0000", "turn on the lights", "#"),
]
_STARTS = ["", "", "", "", "db load 4%db ffffff7f%infer 1 0", "db load 4%db 00000080%infer 1 1", "lm feed " + "set to 7 " * 7]


def guarded(number: int, command: bytes) -> bytes:
    body = b"%02X " % (number & 0xFF) + command
    return b"#%08X" % zlib.crc32(body) + body


def random_lines(seed: int, count: int) -> bytes:
    """So many pieces, each ended by '%'; a piece may hold more of them."""
    rng = random.Random(seed)
    pieces = []
    for number in range(count):
        words = [rng.choice(_WORDS).encode() if rng.random() < 0.9 else rng.randbytes(rng.randrange(90)) for _ in range(rng.randrange(6))]
        line = b" ".join(words)
        kind = rng.random()
        if kind < 0.05:
            line = rng.choice(_STARTS).encode()
        elif kind < 0.25 and b"%" not in line:
            line = guarded(number, line)
            if kind < 0.1:
                place = rng.randrange(len(line))
                line = line[:place] + rng.randbytes(1) + line[place + 1 :]
        pieces.append(line)
    return b"%".join(pieces) + b"%"
