#!/usr/bin/env python3
"""seeds.py TARGET CORPUS FOLDER BYTES: the small files of the hostile corpus as what a fuzz target begins with.

Of `photo` whole files; of `exif` and `profile` what files hold of that.
"""

import pathlib
import re
import struct
import sys

WHOLE = b"\x05"  # which magic of `photo` is none


def segments(jpeg, marker, prefix):
    """What a JPEG's segments of that marker hold behind a prefix."""
    at = 2
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF and jpeg[at + 1] != 0xDA:
        length = struct.unpack_from(">H", jpeg, at + 2)[0]
        content = jpeg[at + 4:at + 2 + length]
        if jpeg[at + 1] == marker and content.startswith(prefix):
            yield content[len(prefix):]
        at += 2 + length


def seeds(target, file):
    if target == "photo":
        if re.match(rb"\xff\xd8\xff|\x89PNG|GIF8|RIFF|BM", file):
            yield WHOLE + file
    elif file.startswith(b"\xff\xd8"):
        marker, prefix = {"exif": (0xE1, b"Exif\0\0"), "profile": (0xE2, b"ICC_PROFILE\0\x01\x01")}[target]
        yield from segments(file, marker, prefix)


def main():
    target, corpus, folder, most = sys.argv[1:]
    number = 0
    for path in sorted(path for path in pathlib.Path(corpus).rglob("*") if path.is_file()):
        for seed in seeds(target, path.read_bytes()):
            if len(seed) <= int(most):
                (pathlib.Path(folder) / f"seed-{number:04}").write_bytes(seed)
                number += 1


if __name__ == "__main__":
    main()
