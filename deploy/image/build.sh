#!/usr/bin/env bash
# Builds the image, and prints its name.
#
#   deploy/image/build.sh [--binary FILE] [--arch amd64|arm64] [--name NAME] [-- further arguments of buildah]
#   deploy/image/build.sh [--arch amd64|arm64] --environment     only prints what cargo is told for it, a variable a line
#
# Without --binary it builds the static binary with cargo first (arm64 needs the target and a linker for it:
# rustup target add aarch64-unknown-linux-gnu, apt-get install gcc-aarch64-linux-gnu). Several architectures are one call each, and then
#   buildah manifest create evidenced; buildah manifest add evidenced evidenced:VERSION-amd64; …
# It needs buildah, readelf (binutils), and CA certificates (Debian: ca-certificates; CA_CERTIFICATES names another file). Nothing is pulled. buildah's
# own options of storage are in BUILDAH_OPTIONS ("--storage-driver vfs --root R --runroot RR").
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
binary='' arch=amd64 name='' task=build
while [ $# -gt 0 ]; do
    case $1 in
    --binary) binary=${2:?--binary FILE}; shift 2 ;;
    --arch) arch=${2:?--arch amd64 or arm64}; shift 2 ;;
    --name) name=${2:?--name NAME}; shift 2 ;;
    --environment) task=environment; shift ;;
    --) shift; break ;;
    *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    esac
done
case $arch in
amd64) target=x86_64-unknown-linux-gnu ;;
arm64) target=aarch64-unknown-linux-gnu
    export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=${CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER:-aarch64-linux-gnu-gcc} ;;
*) echo "build.sh: --arch $arch: amd64 or arm64" >&2; exit 2 ;;
esac
flags='-C target-feature=+crt-static' cflags=
if [ "$arch" = amd64 ]; then
    # Packed relocations are 4 MB less; Rust's own linker of this target knows the option, GNU's linker of the other does not.
    flags+=' -C link-arg=-Wl,--pack-dyn-relocs=relr'
    # AES for AVX-512 is most of a megabyte, for a speed that nobody needs who waits for an API.
    cflags=-DMY_ASSEMBLER_IS_TOO_OLD_FOR_512AVX
fi
underscored=${target//-/_}
# For the target alone: build scripts and macros run here and stay dynamic. --target keeps them apart.
environment=("CARGO_TARGET_${underscored^^}_RUSTFLAGS=$flags" "CFLAGS_$underscored=$cflags")
if [ "$task" = environment ]; then
    printf '%s\n' "${environment[@]}"
    exit
fi
if [ -z "$binary" ]; then
    env "${environment[@]}" \
        cargo build --quiet --release --locked --target "$target" --bin evidenced --manifest-path "$root/Cargo.toml" >&2
    binary=${CARGO_TARGET_DIR:-$root/target}/$target/release/evidenced
fi
# A binary that needs a loader would only say "no such file or directory" in the image.
if readelf --program-headers --wide "$binary" | grep -q 'INTERP'; then
    echo "build.sh: $binary is linked dynamically: build it with RUSTFLAGS='$flags'" >&2
    exit 1
fi
certificates=${CA_CERTIFICATES:-/etc/ssl/certs/ca-certificates.crt}
grep -q 'BEGIN CERTIFICATE' "$certificates" ||
    { echo "build.sh: $certificates holds no CA certificates: install ca-certificates, or set CA_CERTIFICATES" >&2; exit 1; }

context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
rootfs=$context/rootfs
install -d -m 0755 "$rootfs" "$rootfs"/{usr/local/bin,etc/ssl/certs,etc/evidenced,var/lib}
install -d -m 0700 "$rootfs/var/lib/evidenced"
install -d -m 1777 "$rootfs/tmp"
install -m 0755 "$binary" "$rootfs/usr/local/bin/evidenced"
install -m 0644 "$certificates" "$rootfs/etc/ssl/certs/ca-certificates.crt"
printf 'root:x:0:0:root:/:/sbin/nologin\nevidenced:x:65532:65532:evidenced:/var/lib/evidenced:/sbin/nologin\n' >"$rootfs/etc/passwd"
printf 'hosts: files dns\n' >"$rootfs/etc/nsswitch.conf"
chmod 0644 "$rootfs/etc/passwd" "$rootfs/etc/nsswitch.conf"

revision=$(git -C "$root" rev-parse HEAD 2>/dev/null || echo unknown)
epoch=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || echo 0)}
version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' "$root/Cargo.toml")
name=${name:-evidenced:$version-$arch}
# Owners by number, names in order, one time for all: the same files give the same layer.
owned() { tar --sort=name --mtime="@$epoch" --numeric-owner --format=gnu --directory "$rootfs" "$@"; }
owned --create --file "$context/rootfs.tar" --owner=0 --group=0 --no-recursion ./usr ./usr/local ./usr/local/bin ./usr/local/bin/evidenced \
    ./etc ./etc/evidenced ./etc/nsswitch.conf ./etc/passwd ./etc/ssl ./etc/ssl/certs ./etc/ssl/certs/ca-certificates.crt ./tmp ./var ./var/lib
owned --append --file "$context/rootfs.tar" --owner=65532 --group=65532 --no-recursion ./var/lib/evidenced
rm -rf "$rootfs"

# shellcheck disable=SC2086 # several words on purpose
BUILDAH_ISOLATION=${BUILDAH_ISOLATION:-chroot} buildah ${BUILDAH_OPTIONS:-} build --quiet --pull-never --arch "$arch" --timestamp "$epoch" \
    --file "$root/deploy/Containerfile" --build-arg "VERSION=$version" --build-arg "REVISION=$revision" \
    --build-arg "CREATED=$(date --utc --date="@$epoch" +%Y-%m-%dT%H:%M:%SZ)" --tag "$name" "$@" "$context" >&2
printf '%s\n' "$name"
