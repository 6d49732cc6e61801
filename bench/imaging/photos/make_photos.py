"""Builds the photo set of the image benchmark from Debian packages and Pillow's source distribution.

The photos are not ours to commit, so the set is built where it is needed; LICENCES.md says whose they are. The sources are
pinned by the hash of each picture, not of its package: another revision of a package with the same picture will do. The
folder is there with everything in it or not at all, and is left alone when it is there.
"""

import argparse
import hashlib
import io
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import zlib

import piexif
from PIL import Image

FOLDER = pathlib.Path(__file__).parent
# The set's version is the folder's name, which the Makefile names too: a change of what is built here is another version.
VERSION = "1"

BACKGROUNDS = "usr/share/backgrounds"
PILLOW = "pillow==13.0.0"

# Name here: Debian package (none: Pillow's source distribution), path in it, SHA-256.
SOURCES = {
    "dune": ("mate-backgrounds", f"{BACKGROUNDS}/mate/nature/Dune.jpg",
             "8a67c2cb0be8c46b70c237311a4fa4d2b4ac7d39568135384787801fa5cc9a91"),
    "xmp_test": (None, "Tests/images/xmp_test.jpg",
                 "b024c2d84839f63249b220e42480a2150d9540a7daf464cbd8f459ea575ff0e9"),
    "wood": ("mate-backgrounds", f"{BACKGROUNDS}/mate/nature/Wood.jpg",
             "19c78500ac00a622e19907ab9cc7d06d46fe08c4a6142759a84195696150ec07"),
    "aitzgorri": ("lomiri-wallpapers-16.04", f"{BACKGROUNDS}/aitzgorri_by_Aitzol_Berasategi.jpg",
                  "66268e7b48f8854d36a28765fac6e23ec1aee251daa6da1f64715f201020ad36"),
    "umang": ("lomiri-wallpapers-16.04", f"{BACKGROUNDS}/umang_by_Abhishek_Mudgal.jpg",
              "bfb425545e77e9f0eb1b037b607fc9ed4a446f3b0f04aa2879be3556073c57ef"),
    "picos": ("lomiri-wallpapers-16.04", f"{BACKGROUNDS}/picosdeeuropa_by_Aitzol_Berasategi.jpg",
              "414d0072b2f6f2c555deafeaef6e45c4fed6fa9ad26eba6560ca8803959cf97a"),
    "sunset": ("lomiri-wallpapers-16.04", f"{BACKGROUNDS}/sunset_by_Aitzol_Berasategi.jpg",
               "474dab6a4b9f94dc76c29dfe30e9f5db4af0fd2e33fe5d695f8152b371efca18"),
    "seeding": ("lomiri-wallpapers-16.04", f"{BACKGROUNDS}/seeding_by_Clements_Engelhardt.jpg",
                "a5634d1ab5e41a3568e92d4a894a500c92b891f9ff734e50bd224d6e185a605f"),
    "kleiber": ("lomiri-wallpapers-20.04", f"{BACKGROUNDS}/Kleiber_by_Lukas_Baubkus.jpg",
                "6572410c09f4492c74ccadde133565a14c0161617d5917d4c820c66d65a44ba7"),
    "elephants": ("mate-backgrounds", f"{BACKGROUNDS}/mate/abstract/Elephants_5640x3172.jpg",
                  "7ab602cd55aedd107743973353e58771860d1a74a0cd0701e8351096535edde8"),
}


def fail(text):
    sys.exit(f"photos: {text}")


def run(command, **options):
    """Runs a program whose words are of interest only where it fails."""
    ended = subprocess.run(command, capture_output=True, text=True, **options)
    if ended.returncode != 0:
        fail(f"{' '.join(command)} has failed:\n{ended.stdout}{ended.stderr}")


def unpack_package(package, folder):
    """Unpacks a Debian package without installing it, so that no system's backgrounds change."""
    packed = folder / f"{package}.packed"
    packed.mkdir()
    download = ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", package]
    if subprocess.run(download, cwd=packed, capture_output=True).returncode != 0:
        # A fresh machine has no list of packages.
        subprocess.run(["apt-get", "-qq", "update"], capture_output=True)
        run(download, cwd=packed)
    (archive,) = packed.glob("*.deb")
    run(["dpkg-deb", "-x", str(archive), str(folder / package)])


def unpack_pillow(folder):
    packed = folder / "pillow.packed"
    run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
         "--no-binary", "pillow", "--dest", str(packed), PILLOW])
    (archive,) = packed.glob("*.tar.gz")
    wanted = [path for package, path, _ in SOURCES.values() if package is None]
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            inner = member.name.partition("/")[2]
            if inner in wanted:
                target = folder / "pillow" / inner
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(tar.extractfile(member).read())


def read_sources(folder):
    """The source pictures by name, each the very file that its hash names."""
    for package in sorted({package for package, _, _ in SOURCES.values() if package}):
        unpack_package(package, folder)
    unpack_pillow(folder)
    sources = {}
    for name, (package, path, digest) in SOURCES.items():
        file = folder / (package or "pillow") / path
        if not file.is_file():
            fail(f"{package or PILLOW} has no {path} any more")
        sources[name] = file.read_bytes()
        found = hashlib.sha256(sources[name]).hexdigest()
        if found != digest:
            fail(f"{path} of {package or PILLOW} is another picture: its SHA-256 is {found}, not {digest}")
    return sources


def picture(source):
    return Image.open(io.BytesIO(source)).convert("RGB")


def exif(orientation):
    """What a phone writes: how it was held, when, and where. Written by piexif, which not every EXIF reader likes."""
    return piexif.dump({
        "0th": {
            piexif.ImageIFD.Make: b"Bench",
            piexif.ImageIFD.Model: b"Bench 1",
            piexif.ImageIFD.Orientation: orientation,
            piexif.ImageIFD.DateTime: b"2024:05:04 10:11:12",
        },
        "Exif": {
            piexif.ExifIFD.DateTimeOriginal: b"2024:05:04 10:11:12",
            piexif.ExifIFD.ExposureTime: (1, 250),
            piexif.ExifIFD.FNumber: (18, 10),
            piexif.ExifIFD.ISOSpeedRatings: 100,
        },
        "GPS": {
            piexif.GPSIFD.GPSLatitudeRef: b"N",
            piexif.GPSIFD.GPSLatitude: ((43, 1), (11, 1), (2400, 100)),
            piexif.GPSIFD.GPSLongitudeRef: b"W",
            piexif.GPSIFD.GPSLongitude: ((4, 1), (49, 1), (3000, 100)),
        },
    })


def save_again(image, file, quality, orientation=None):
    """As a camera stores it: baseline, 4:2:0, the sensor's rows as they lie and a tag that says how they are to be turned."""
    extra = {} if orientation is None else {"exif": exif(orientation)}
    image.save(file, "JPEG", quality=quality, subsampling="4:2:0", **extra)


def make_photos(sources, folder):
    """The twelve photos that are measured, named so that their order is that of the design's table."""
    folder.mkdir()
    originals = {"01-dune": "dune", "02-xmp-test": "xmp_test", "03-wood": "wood", "05-umang": "umang",
                 "06-picos-progressive": "picos", "10-kleiber": "kleiber", "11-elephants-progressive": "elephants"}
    for name, source in originals.items():
        (folder / f"{name}.jpg").write_bytes(sources[source])
    save_again(picture(sources["aitzgorri"]), folder / "04-aitzgorri.jpg", 93, 6)
    save_again(picture(sources["picos"]), folder / "07-picos.jpg", 93, 8)
    save_again(picture(sources["sunset"]), folder / "08-sunset.jpg", 93, 3)
    save_again(picture(sources["seeding"]), folder / "09-seeding.jpg", 93)
    large = picture(sources["elephants"]).resize((6532, 3674), Image.Resampling.LANCZOS)
    save_again(large, folder / "12-elephants-24mp.jpg", 92, 6)


def png_chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(size, depth, colour, packed_rows):
    """A PNG by hand, for what Pillow does not write."""
    header = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", packed_rows)
            + png_chunk(b"IEND", b""))


def deep_png(image):
    """16 bits for each of red, green and blue: a byte v becomes v × 257."""
    width, height = image.size
    row = width * 3
    pixels = image.tobytes()
    doubled = bytearray(2 * len(pixels))
    doubled[0::2] = pixels
    doubled[1::2] = pixels
    rows = b"".join(b"\0" + doubled[2 * row * y:2 * row * (y + 1)] for y in range(height))
    return png(image.size, 16, 2, zlib.compress(rows, 6))


def bomb_png(side):
    """A small file of very many pixels: one bit each, all black."""
    packer = zlib.compressobj(9)
    row = bytes(1 + (side + 7) // 8)
    packed = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    return png((side, side), 1, 0, packed)


def make_others(sources, folder):
    """What is no ordinary photo: looked at by hand and by robustness tests, never timed."""
    folder.mkdir()
    aitzgorri, umang, dune = (picture(sources[name]) for name in ("aitzgorri", "umang", "dune"))
    aitzgorri.convert("CMYK").save(folder / "cmyk.jpg", "JPEG", quality=90)
    (folder / "deep.png").write_bytes(deep_png(umang.resize((2232, 1255), Image.Resampling.LANCZOS)))
    veiled = aitzgorri.copy()
    veiled.putalpha(Image.linear_gradient("L").resize(aitzgorri.size))
    veiled.save(folder / "alpha.png", "PNG", compress_level=6)
    dune.resize((1600, 1000)).quantize(256).save(folder / "still.gif", "GIF")
    frames = [umang.crop((40 * step, 0, 40 * step + 1920, 1280)).resize((480, 320)) for step in range(10)]
    frames[0].save(folder / "animated.gif", "GIF", save_all=True, append_images=frames[1:], duration=80, loop=0)
    frames[0].save(folder / "animated.webp", "WEBP", save_all=True, append_images=frames[1:], duration=80, loop=0)
    umang.resize((1920, 1080)).save(folder / "turned.webp", "WEBP", quality=85, exif=exif(6))
    whole = io.BytesIO()
    save_again(picture(sources["seeding"]), whole, 93)
    (folder / "cut.jpg").write_bytes(whole.getvalue()[:len(whole.getvalue()) // 2])
    (folder / "bomb.png").write_bytes(bomb_png(30_000))


def build(target):
    """Builds the set beside its place and moves it there as a whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new.", dir=target.parent) as temporary:
        folder = pathlib.Path(temporary)
        unpacked = folder / "sources"
        unpacked.mkdir()
        sources = read_sources(unpacked)
        made = folder / "set"
        made.mkdir()
        make_photos(sources, made / "photos")
        make_others(sources, made / "others")
        shutil.copy(FOLDER / "LICENCES.md", made)
        try:
            os.rename(made, target)
        except OSError:
            # Somebody else was quicker: what is there is whole.
            if not target.is_dir():
                raise


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=pathlib.Path, help=f"where sets are; this one is its folder {VERSION}")
    target = arguments.parse_args().folder / VERSION
    if target.is_dir():
        return
    print(f"photos: building the set in {target} (a minute)")
    build(target)


if __name__ == "__main__":
    main()
