"""Pillow as a peer: a line of JSON with a job comes in, a line of JSON with what it took goes out.

The file is decoded once; of the two ways that Pillow has to reduce a picture, the quick one is taken (`reducing_gap`).
"""

import io
import json
import pathlib
import re
import resource
import sys
import time

import PIL
from PIL import Image, ImageCms, ImageOps, features

SIDES = (600, 300, 150)
SRGB = ImageCms.createProfile("sRGB")
JPEG = {"quality": 80, "subsampling": "4:2:0", "optimize": True, "progressive": False, "comment": b""}
# The photos are known, and 24 megapixels are no bomb.
Image.MAX_IMAGE_PIXELS = None


def in_srgb(picture):
    profile = picture.info.get("icc_profile")
    if profile is None:
        return picture.convert("RGB")
    return ImageCms.profileToProfile(picture, io.BytesIO(profile), SRGB, outputMode="RGB")


def thumbnail(picture, side):
    """`Image.thumbnail` in a copy: Lanczos over a picture that was box-reduced to twice the size."""
    small = picture.copy()
    small.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return small


def encoded(name, picture):
    file = io.BytesIO()
    picture.save(file, "JPEG", **JPEG)
    return {"name": name, "width": picture.width, "height": picture.height, "bytes": file.getvalue()}


def outputs_of(photo, job):
    """The outputs, and whether the file has EXIF."""
    picture = Image.open(io.BytesIO(photo))
    has_exif = len(dict(picture.getexif())) > 0
    if job == "thumbs":
        # libjpeg decodes an eighth, a quarter or half of each side, at least twice what is needed.
        picture.draft("RGB", (2 * SIDES[0], 2 * SIDES[0]))
    picture = ImageOps.exif_transpose(in_srgb(picture)) if job == "full" else in_srgb(picture)
    outputs = []
    for side in SIDES:
        small = thumbnail(picture, side)
        outputs.append(encoded(str(side), ImageOps.exif_transpose(small) if job == "thumbs" else small))
    if job == "full":
        outputs.append(encoded("optimized", picture))
    return outputs, has_exif


def cpu_seconds():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def peak_kb():
    status = pathlib.Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1])


def run(order):
    # Not measured: a worker has the photo's bytes before its stages begin.
    photo = pathlib.Path(order["photo"]).read_bytes()
    cpu_before, before = cpu_seconds(), time.perf_counter()
    outputs, has_exif = outputs_of(photo, order["job"])
    wall, cpu = time.perf_counter() - before, cpu_seconds() - cpu_before
    if order.get("out"):
        folder = pathlib.Path(order["out"])
        folder.mkdir(parents=True, exist_ok=True)
        for output in outputs:
            (folder / f"{output['name']}.jpg").write_bytes(output["bytes"])
    sizes = [{**output, "bytes": len(output["bytes"])} for output in outputs]
    return {"wallMs": wall * 1e3, "cpuMs": cpu * 1e3, "peakKb": peak_kb(), "hasExif": has_exif, "outputs": sizes}


def say(line):
    print(json.dumps(line), flush=True)


def main():
    jpeg = features.version_feature("libjpeg_turbo") or features.version_codec("jpg")
    say({
        "versions": f"Pillow {PIL.__version__}, libjpeg-turbo {jpeg}, Python {sys.version.split()[0]}",
        "settings": "one decode, reducing_gap 2.0, optimize true",
    })
    for line in sys.stdin:
        try:
            say(run(json.loads(line)))
        except Exception as error:  # whatever it is, the harness tells it
            say({"error": repr(error)})


if __name__ == "__main__":
    main()
