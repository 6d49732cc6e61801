"""Own mutations: whole pictures of each format, changed as accidents and attackers change files.

The same seed gives the same bytes on every machine: what is random here is `random.Random` of a text, whose sequence Python
promises to keep.
"""

import io
import random
import struct

from PIL import Image

VARIANTS = 60
SIZE = (192, 144)


def picture(mode):
    """Smooth and detailed parts, the same on every machine."""
    image = Image.radial_gradient("L").resize(SIZE)
    other = Image.linear_gradient("L").resize(SIZE)
    colours = Image.merge("RGB", (image, other, image.transpose(Image.Transpose.ROTATE_180)))
    for step in range(0, SIZE[0], 8):
        colours.paste((step, 255 - step, (5 * step) % 256), (step, step % SIZE[1], step + 4, step % SIZE[1] + 20))
    if mode == "RGBA":
        colours.putalpha(image)
        return colours
    return colours.convert(mode)


def sources():
    """Eight files, by name."""
    frames = [picture("RGB").rotate(30 * turn) for turn in range(4)]
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Hostile"

    def saved(image, kind, **options):
        file = io.BytesIO()
        image.save(file, kind, **options)
        return file.getvalue()

    return {
        "baseline.jpg": saved(picture("RGB"), "JPEG", quality=85, subsampling="4:2:0", exif=exif),
        "progressive.jpg": saved(picture("RGB"), "JPEG", quality=85, subsampling="4:4:4", progressive=True),
        "cmyk.jpg": saved(picture("CMYK"), "JPEG", quality=85),
        "colours.png": saved(picture("RGBA"), "PNG", exif=exif),
        "palette.png": saved(picture("RGB").quantize(64), "PNG"),
        "animated.gif": saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50),
        "lossy.webp": saved(picture("RGBA"), "WEBP", quality=80, exif=exif),
        "plain.bmp": saved(picture("RGB"), "BMP"),
    }


def flip_bits(chance, source):
    changed = bytearray(source)
    for _ in range(chance.choice([1, 4, 32, 256])):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def cut_off(chance, source):
    return source[:chance.randrange(len(source))]


def cut_out(chance, source):
    begin = chance.randrange(len(source))
    return source[:begin] + source[begin + chance.randrange(1, 2000):]


def repeat(chance, source):
    begin = chance.randrange(len(source))
    part = source[begin:begin + chance.randrange(1, 2000)]
    return source[:begin] + part * chance.randrange(2, 20) + source[begin:]


def lengths(source):
    """Where lengths of segments, chunks and headers are, and how they are packed."""
    places = []
    if source.startswith(b"\xff\xd8"):
        at = 2
        while at + 4 <= len(source) and source[at] == 0xFF and source[at + 1] != 0xD9:
            places.append((at + 2, ">H"))
            if source[at + 1] in (0xC0, 0xC2):
                places += [(at + 5, ">H"), (at + 7, ">H")]
            if source[at + 1] == 0xDA:
                break
            at += 2 + struct.unpack_from(">H", source, at + 2)[0]
    elif source.startswith(b"\x89PNG"):
        at = 8
        while at + 8 <= len(source):
            places.append((at, ">I"))
            if source[at + 4:at + 8] == b"IHDR":
                places += [(at + 8, ">I"), (at + 12, ">I")]
            at += 12 + struct.unpack_from(">I", source, at)[0]
    elif source.startswith(b"RIFF"):
        places.append((4, "<I"))
        at = 12
        while at + 8 <= len(source):
            places.append((at + 4, "<I"))
            length = struct.unpack_from("<I", source, at + 4)[0]
            at += 8 + length + length % 2
    elif source.startswith(b"GIF8"):
        places += [(6, "<H"), (8, "<H")]
    else:
        places += [(at, "<I") for at in (2, 10, 14, 18, 22, 34, 46)]
    return places


def lie(chance, source):
    """A length that is not true."""
    at, form = chance.choice(lengths(source))
    bits = 8 * struct.calcsize(form)
    value = chance.choice([0, 1, 2, (1 << bits) - 1, 1 << (bits - 1), (1 << (bits - 1)) - 1, chance.getrandbits(bits)])
    changed = bytearray(source)
    struct.pack_into(form, changed, at, value)
    return bytes(changed)


def swap_headers(chance, source, others):
    """The beginning of one file before the rest of another."""
    other = chance.choice(others)
    length = chance.choice([4, 12, 33, 64, 600])
    return other[:length] + source[length:]


def splice(chance, source, others):
    other = chance.choice(others)
    begin = chance.randrange(len(source))
    return source[:begin] + other[chance.randrange(len(other)):][:4000] + source[begin:]


def mutated():
    """Every mutation, by name."""
    made = {}
    all_sources = sources()
    alone = [flip_bits, flip_bits, cut_off, cut_out, repeat, lie, lie]
    for name, source in all_sources.items():
        stem, _, ending = name.partition(".")
        others = [other for other_name, other in all_sources.items() if other_name != name]
        for number in range(VARIANTS):
            chance = random.Random(f"{name} {number}")
            ways = alone + [swap_headers, splice]
            way = ways[number % len(ways)]
            changed = way(chance, source) if way in alone else way(chance, source, others)
            made[f"{stem}-{number:02}-{way.__name__}.{ending}"] = changed
    return made
