#!/usr/bin/env bash
# fuzz.sh SECONDS [TARGET…]: runs each fuzz target (or those that are named) for so long, and names what it found.
#
# libFuzzer with AddressSanitizer, in Rust and in C, but not in libjpeg-turbo's assembly. What made a target run code that
# nothing had run before is kept in the cache folder, so that the next run goes on from there; files that break something are
# kept in `findings` beside it. A new corpus begins with the small files of `make bench-hostile`, where they are.
set -euo pipefail
cd "$(dirname "$0")/../fuzz"

cache="$HOME/.cache/photo-platform/fuzz"
hostile="$HOME/.cache/photo-platform/hostile"
seed_bytes_max=16384
seconds=$1
shift
targets=("$@")
[ "${#targets[@]}" -gt 0 ] || targets=(encoder exif photo pipeline profile)

# cargo-fuzz instruments Rust; this is the same for C. libFuzzer itself, in C++, must not be.
export CC=clang CXX=clang++ CFLAGS='-g -fsanitize=address -fsanitize=fuzzer-no-link'
build=("${CARGO_TARGET_DIR:-$HOME/.cache/photo-platform/target}/fuzz")
build=(--target-dir "${build[0]}" --release)

# What the corpus of a target begins with.
seeds() {
    mkdir -p "$cache/$1" "$cache/findings/$1"
    [ -z "$(ls -A "$cache/$1")" ] || return 0
    case "$1" in
        photo | exif | profile) [ ! -d "$hostile" ] || "$PWD/seeds.py" "$1" "$hostile" "$cache/$1" "$seed_bytes_max" ;;
        pipeline) find ../config/samples -name '*.yaml' -size -16k -exec cp -t "$cache/$1" {} + ;;
    esac
}

found=0
for target in "${targets[@]}"; do
    seeds "$target"
    printf '\n== fuzz %s, %s s\n' "$target" "$seconds"
    cargo +nightly fuzz run "${build[@]}" "$target" "$cache/$target" -- -max_total_time="$seconds" -rss_limit_mb=2048 \
        -timeout=20 -max_len=65536 -print_final_stats=1 -verbosity=1 -artifact_prefix="$cache/findings/$target/" || found=1
done
printf '\n'
find "$cache/findings" -type f -printf 'FOUND: %p\n'
exit "$found"
