"""Builds the corpus of hostile files from Pillow's source distribution, Debian's source packages and own mutations.

The files are not ours to commit, so the corpus is built where it is needed. Archives are pinned by their hashes. The folder is
there with everything in it or not at all, and is left alone when it is there.
"""

import argparse
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

import mutations

FOLDER = pathlib.Path(__file__).parent
sys.path.append(str(FOLDER.parent.parent / "imaging" / "photos"))

from make_photos import PILLOW, fail, run  # noqa: E402  (its folder is known only now)

# The corpus's version is the folder's name, which the Makefile names too: a change of what is built here is another version.
VERSION = "1"

# Folder here, the archive's SHA-256, folders of it that are taken.
PILLOW_IMAGES = ("pillow", "cdcd1ba258178f7356d74170c9a81ba4eab6a5d55748bc402a5a2a6fe6be3510", ["Tests/images"])
# Debian's source package and folder here, version without Debian's own part, then the same. libpng's has PngSuite by Willem van Schaik.
DEBIAN = [
    ("libpng1.6", "1.6.39", "a00e9d2f2f664186e4202db9299397f851aea71b36a35e74910b8820e380d441",
     ["contrib/pngsuite", "contrib/testpngs"]),
    ("libjpeg-turbo", "2.1.5", "254f3642b04e309fee775123133c6464181addc150499561020312ec61c1bf7c",
     ["testimages"]),
    ("giflib", "5.2.1", "31da5562f44c5f15d63340a09a4fd62b48c45620cd302f77a6d9acf0077879bd",
     ["pic", "tests", "doc/gifstandard", "doc/whatsinagif"]),
]
SUITE = "bookworm"


def check(archive, digest):
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != digest:
        fail(f"{archive.name} is another file: its SHA-256 is {found}, not {digest}")


def unpack(archive, folders, target):
    """The files of those folders of an archive, below `target` by their own paths."""
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            inner = member.name.partition("/")[2]
            if member.isfile() and any(inner.startswith(f"{folder}/") for folder in folders):
                file = target / inner
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(tar.extractfile(member).read())


def fetch_pillow(folder):
    run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
         "--no-binary", "pillow", "--dest", str(folder), PILLOW])
    (archive,) = folder.glob("pillow-*.tar.gz")
    return archive


def fetch_sources(folder):
    """Debian's source packages, without a line about them in this system's own list: apt gets a list of its own."""
    lists = folder / "lists"
    (lists / "partial").mkdir(parents=True)
    servers = folder / "sources.list"
    servers.write_text(f"deb-src {mirror()} {SUITE} main\n")
    options = ["-qq", "-o", f"Dir::Etc::SourceList={servers}", "-o", "Dir::Etc::SourceParts=/dev/null",
               "-o", f"Dir::State::Lists={lists}", "-o", "APT::Sandbox::User=root"]
    run(["apt-get", *options, "update"])
    for package, _, _, _ in DEBIAN:
        run(["apt-get", *options, "source", "--download-only", package], cwd=folder)


def mirror():
    """Where this system has its packages from."""
    asked = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    told = subprocess.run(asked, capture_output=True, text=True).stdout.split()
    return next((place for place in told if place.rstrip("/").endswith("/debian")), None) or fail(
        "apt has no list of Debian's packages: run `apt-get update`")


def make_mutations(folder):
    folder.mkdir()
    for name, changed in mutations.mutated().items():
        (folder / name).write_bytes(changed)


def build(target, photos):
    """Builds the corpus beside its place and moves it there as a whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new.", dir=target.parent) as temporary:
        folder = pathlib.Path(temporary)
        packed = folder / "packed"
        packed.mkdir()
        made = folder / "corpus"
        made.mkdir()
        name, digest, folders = PILLOW_IMAGES
        archive = fetch_pillow(packed)
        check(archive, digest)
        unpack(archive, folders, made / name)
        fetch_sources(packed)
        for name, version, digest, folders in DEBIAN:
            (archive,) = packed.glob(f"{name}_{version}.orig.tar.gz")
            check(archive, digest)
            unpack(archive, folders, made / name)
        shutil.copytree(photos / "others", made / "photos")
        make_mutations(made / "mutations")
        try:
            os.rename(made, target)
        except OSError:
            # Somebody else was quicker: what is there is whole.
            if not target.is_dir():
                raise


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=pathlib.Path, help=f"where corpora are; this one is its folder {VERSION}")
    arguments.add_argument("photos", type=pathlib.Path, help="the photo set of the image benchmark")
    parsed = arguments.parse_args()
    target = parsed.folder / VERSION
    if target.is_dir():
        return
    print(f"hostile: building the corpus in {target} (a minute)")
    build(target, parsed.photos)


if __name__ == "__main__":
    main()
