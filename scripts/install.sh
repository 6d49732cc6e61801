#!/usr/bin/env bash
# Installs what is missing of the parts that are named: compiler, redis, minio, browser, interop, tracer, network,
# faketime, images, api-server, cluster, helm, lua, schemas, checkov, scaling, photos, imaging-peers, path-peers, hostile,
# fuzz.
# What is there stays as it is, so that a second run only looks.
set -euo pipefail
cd "$(dirname "$0")/.."

# The last version that upstream published as a Go module; pinned, so that every machine tests against the same one.
minio_version=v0.0.0-20260212201848-7aac2a2c5b7c
cargo_fuzz_version=0.13.2
helm_version=v4.3.1
helm3_version=v3.22.0
helm3_kubernetes_minor=37 # that of its client, as in its own makefile
bin="$HOME/.cache/photo-platform/bin"

fail() {
    printf 'install: %s\n' "$1" >&2
    exit 1
}

has() {
    command -v "$1" >/dev/null
}

# Installs the Debian packages that are named.
debian() {
    local become=()
    if ! has apt-get; then
        fail "these are missing, please install them by your system's means: $*"
    elif [ "$(id -u)" -ne 0 ]; then
        sudo -n true 2>/dev/null || fail "please run as root: apt-get install $*"
        become=(sudo)
    fi
    echo "install: Debian packages $*"
    "${become[@]}" apt-get -qq update
    # RUNLEVEL=1: Debian would otherwise start the servers it installs; ours run on ports of their own.
    "${become[@]}" env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
        apt-get -qq install --no-install-recommends "$@" >/dev/null
}

# Debian packages of the named parts whose program is missing.
missing_packages() {
    for part in "$@"; do
        case "$part" in
            compiler)
                { has cc && has c++; } || echo build-essential
                has cmake || echo cmake
                has nasm || echo nasm # the JPEG decoder is assembly
                ;;
            redis) has redis-server || echo redis-server ;;
            browser) has chromium || echo chromium ;;
            tracer) has strace || echo strace ;;
            network)
                PATH="$PATH:/usr/sbin:/sbin" has ip || echo iproute2
                PATH="$PATH:/usr/sbin:/sbin" has nft || echo nftables
                ;;
            faketime) compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null || echo libfaketime ;;
            images)
                has buildah || echo buildah
                has readelf || echo binutils
                [ -e /etc/ssl/certs/ca-certificates.crt ] || echo ca-certificates
                ;;
            api-server) has openssl || echo openssl ;;
            cluster) missing_node_packages ;;
            lua) has lua5.4 || echo lua5.4 ;;
            scaling) has python3 || echo python3 ;;
            fuzz)
                has clang || echo clang
                compgen -G '/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.asan-*.a' >/dev/null || echo libclang-rt-dev
                ;;
            schemas | checkov | photos | imaging-peers) python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv ;;&
            checkov) has jq || echo jq ;;
            path-peers) # better-sqlite3 is compiled where it can't be downloaded
                { has cc && has c++ && has make; } || echo build-essential
                has python3 || echo python3
                ;;
        esac
    done
}

# What a node of the test cluster runs on. Some of it is where only root looks for programs.
missing_node_packages() {
    local PATH="$PATH:/usr/sbin:/sbin"
    has openssl || echo openssl
    has jq || echo jq
    has containerd || echo containerd
    has runc || echo runc
    has buildah || echo buildah
    has ip || echo iproute2
    has iptables || echo iptables
    has nft || echo nftables
    has conntrack || echo conntrack
    [ -x /usr/lib/cni/bridge ] || echo containernetworking-plugins
}

check_rust() {
    has cargo || fail "Rust is missing: install rustup, it takes the version that rust-toolchain.toml names"
}

build_minio() {
    if [ -n "${MINIO_BIN:-}" ]; then
        [ -x "$MINIO_BIN" ] || fail "MINIO_BIN=$MINIO_BIN is not a program"
        return
    fi
    if ! has go; then
        [ -x "$bin/minio" ] || fail "Go 1.24 or newer is missing to build MinIO: install it, or set MINIO_BIN or S3_ENDPOINT"
        return
    fi
    if [ -x "$bin/minio" ] && go version -m "$bin/minio" | grep -qF "$minio_version"; then
        return
    fi
    echo "install: MinIO $minio_version, built from its Go module (a few minutes)"
    CGO_ENABLED=0 GOBIN="$bin" go install "github.com/minio/minio@$minio_version"
}

# go_program NAME PACKAGE VERSION [VARIABLES]: the program of a Go module, in $bin under that name; static. The variables
# are what its own makefile has the linker set.
go_program() (
    if ! has go; then
        [ -x "$bin/$1" ] || fail "Go 1.25 or newer is missing to build $1: install it"
        return
    fi
    if [ -x "$bin/$1" ] && go version -m "$bin/$1" | grep -qF "$3" && go version -m "$bin/$1" | grep -qF -- "${4:-}"; then
        return
    fi
    echo "install: $1 $3, built from its Go module (a few minutes)"
    mkdir -p "$bin"
    built=$(mktemp -d "$bin/.new.XXXXXX")
    trap 'rm -rf "$built"' EXIT
    CGO_ENABLED=0 GOBIN="$built" go install -ldflags "-s -w ${4:-}" "$2@$3"
    mv -f "$built/${2##*/}" "$bin/$1"
)

# Installs a program of PyPI with what scripts/NAME.txt pins: `schemas` is kubernetes-validate, which brings the schemas
# of all versions, `checkov` brings its rules, and `imaging-peers` what photos are built and measured with.
python_program() {
    local folder="$HOME/.cache/photo-platform/$1"
    if cmp -s "scripts/$1.txt" "$folder/$1.txt"; then
        return
    fi
    echo "install: $1, from PyPI"
    python3 -m venv --clear "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check --requirement "scripts/$1.txt"
    cp "scripts/$1.txt" "$folder/$1.txt"
}

# cargo-fuzz, and the nightly compiler that it needs.
install_fuzz() {
    check_rust
    rustup run nightly rustc --version >/dev/null 2>&1 || rustup toolchain install nightly --profile minimal ||
        fail "a nightly Rust is missing, which fuzzing needs: rustup toolchain install nightly"
    if ! has cargo-fuzz; then
        echo "install: cargo-fuzz $cargo_fuzz_version, from crates.io (a few minutes)"
        cargo install --quiet --locked --version "$cargo_fuzz_version" cargo-fuzz
    fi
}

# Installs the npm packages of the folder that is named.
npm_packages() {
    has npm || fail "Node.js 20 or newer with npm is missing"
    local stamp="$1/node_modules/.package-lock.json"
    if [ ! -e "$stamp" ] || [ "$1/package-lock.json" -nt "$stamp" ]; then
        echo "install: npm packages of $1"
        npm --prefix "$1" ci --no-audit --no-fund --silent
        touch "$stamp"
    fi
}

for part in "$@"; do
    case "$part" in
        compiler | redis | minio | browser | interop | tracer | network | faketime | images | api-server | cluster | helm | lua | schemas | checkov | scaling | photos | imaging-peers | path-peers | hostile | fuzz) ;;
        *) fail "there is no part \`$part\`" ;;
    esac
done
mapfile -t packages < <(missing_packages "$@")
[ "${#packages[@]}" -eq 0 ] || debian "${packages[@]}"
for part in "$@"; do
    case "$part" in
        compiler) check_rust ;;
        minio) build_minio ;;
        browser | interop) npm_packages "tests/$part" ;;
        api-server) tests/e2e/cluster/cluster build api ;;
        cluster) tests/e2e/cluster/cluster build ;;
        helm)
            go_program helm helm.sh/helm/v4/cmd/helm "$helm_version" "-X helm.sh/helm/v4/internal/version.version=$helm_version"
            # Unless told, version 3 takes the cluster of `helm template\` for one of 1.20.
            go_program helm3 helm.sh/helm/v3/cmd/helm "$helm3_version" "-X helm.sh/helm/v3/internal/version.version=$helm3_version \
-X helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor=1 -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor=$helm3_kubernetes_minor"
            ;;
        schemas | checkov) python_program "$part" ;;
        photos)
            has apt-get && has dpkg-deb || fail "the photos are in Debian packages: apt-get and dpkg-deb are missing"
            python_program imaging-peers
            "$HOME/.cache/photo-platform/imaging-peers/bin/python" bench/imaging/photos/make_photos.py \
                "$HOME/.cache/photo-platform/photos"
            ;;
        imaging-peers)
            python_program imaging-peers
            npm_packages bench/imaging/peers
            ;;
        path-peers) npm_packages bench/path/peers/node ;;
        hostile)
            # Its corpus holds the odd ones of the image benchmark.
            scripts/install.sh photos
            env PYTHONDONTWRITEBYTECODE=1 "$HOME/.cache/photo-platform/imaging-peers/bin/python" \
                bench/hostile/corpus/make_corpus.py "$HOME/.cache/photo-platform/hostile" \
                "$HOME/.cache/photo-platform/photos/1"
            ;;
        fuzz) install_fuzz ;;
    esac
done
