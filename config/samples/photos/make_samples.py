#!/usr/bin/env python3
"""Makes the sample photos of this folder from the wallpapers of a Debian package.

    apt-get download lomiri-wallpapers-16.04        # 20.04.0-2 was used
    dpkg -x lomiri-wallpapers-16.04_*.deb wallpapers
    pip install pillow==13.0.0
    python3 make_samples.py wallpapers/usr/share/backgrounds .

Every file is shrunk and encoded anew, so no metadata of the originals is left. Authors and licences: ATTRIBUTION.md.
"""

import io
import pathlib
import sys

from PIL import Image, ImageDraw, ImageFilter

ORIENTATION = 0x0112
SOFTWARE = 0x0131
SHOWN_AFTER_A_QUARTER_TURN_CLOCKWISE = 6


def shrunk(path, longest_side):
    picture = Image.open(path).convert("RGB")
    picture.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
    return picture


def jpeg(picture, quality=80, **options):
    encoded = io.BytesIO()
    picture.save(encoded, "JPEG", quality=quality, optimize=True, **options)
    return encoded.getvalue()


def sideways(picture):
    """Pixels turned a quarter to the left, and an EXIF orientation that turns them back."""
    exif = Image.Exif()
    exif[ORIENTATION] = SHOWN_AFTER_A_QUARTER_TURN_CLOCKWISE
    exif[SOFTWARE] = "photo platform samples"
    return jpeg(picture.transpose(Image.Transpose.ROTATE_90), exif=exif.tobytes())


def with_transparent_corners(picture):
    mask = Image.new("L", picture.size, 0)
    width, height = picture.size
    ImageDraw.Draw(mask).ellipse((8, 8, width - 8, height - 8), fill=255)
    picture = picture.convert("RGBA")
    picture.putalpha(mask.filter(ImageFilter.GaussianBlur(4)))
    encoded = io.BytesIO()
    picture.save(encoded, "PNG", optimize=True)
    return encoded.getvalue()


def webp(picture):
    encoded = io.BytesIO()
    picture.save(encoded, "WEBP", quality=80, method=6)
    return encoded.getvalue()


def gif(picture):
    encoded = io.BytesIO()
    picture.quantize(96).save(encoded, "GIF")
    return encoded.getvalue()


def cut_off(encoded, percent):
    return encoded[: len(encoded) * percent // 100]


def samples(source):
    def photo(name, longest_side):
        return shrunk(source / name, longest_side)

    yield "mountains.jpg", jpeg(photo("picosdeeuropa_by_Aitzol_Berasategi.jpg", 1920), quality=72)
    yield "dogs-sideways.jpg", sideways(photo("friends_by_Aitzol_Berasategi.jpg", 1800))
    yield "dandelions-progressive.jpg", jpeg(photo("seeding_by_Clements_Engelhardt.jpg", 2000), progressive=True)
    yield "sunset.jpg", jpeg(photo("sunset_by_Aitzol_Berasategi.jpg", 1600))
    yield "wine-portrait.jpg", jpeg(photo("Wine_by_Jakkub_Mede.jpg", 1600))
    yield "fig-transparent.png", with_transparent_corners(photo("Picture_0B_by_freespace.jpg", 480))
    yield "brushes.webp", webp(photo("Picture_1A_by_freespace.jpg", 1365))
    yield "gradient.gif", gif(photo("umang_by_Abhishek_Mudgal.jpg", 400))
    yield "broken.jpg", cut_off(jpeg(photo("aitzgorri_by_Aitzol_Berasategi.jpg", 1600)), percent=60)


def main():
    source, target = (pathlib.Path(argument) for argument in sys.argv[1:3])
    for name, encoded in samples(source):
        (target / name).write_bytes(encoded)
        print(f"{name:28} {len(encoded):8}")


if __name__ == "__main__":
    main()
