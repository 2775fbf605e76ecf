#!/usr/bin/env bash
# Makes what is released for one architecture: an archive and a Debian package, with completions, manual pages and the
# notices of the dependencies, in target/dist.
#
#   host/deploy/package.sh                  builds the static binary for this machine's architecture
#   BINARY=FILE host/deploy/package.sh      packs a binary that is there already; it must run on this machine
#   NOTICES=none host/deploy/package.sh     without the notices, for a package that is not passed on
#
# It needs cargo-deb and cargo-about (cargo install --locked cargo-deb cargo-about), for a build musl-tools too.
set -euo pipefail
cd "$(dirname "$0")/../.."

target="$(uname -m)-unknown-linux-musl"
stage=target/package
dist=target/dist
rm -rf "$stage"
mkdir -p "$stage/completions" "$stage/man" "$stage/units" "$dist"

if [ -z "${BINARY:-}" ]; then
  CARGO_PROFILE_RELEASE_STRIP=symbols cargo build --release --locked -p lark-callback --target "$target"
  BINARY="target/$target/release/lark-callback"
fi
install -m 0755 "$BINARY" "$stage/lark-callback"

program="$stage/lark-callback"
version="$("$program" --version | cut -d' ' -f2)"
for shell in bash zsh fish; do
  "$program" completions "$shell" > "$stage/completions/lark-callback.$shell"
done
"$program" man --dir "$stage/man"

cp host/deploy/*.service host/deploy/*.socket "$stage/units/"

if [ "${NOTICES:-}" = none ]; then
  echo 'NOT INCLUDED: the notices of the dependencies' | tee "$stage/NOTICES.md"
else
  cargo about generate --locked --manifest-path host/Cargo.toml --config host/deploy/about.toml \
    host/deploy/about.hbs > "$stage/NOTICES.md"
fi

name="lark-callback-$version-$(uname -m)-linux"
tar --create --gzip --file "$dist/$name.tar.gz" --owner=0 --group=0 --transform "s|^\.|$name|" --directory "$stage" .
# What root installs by hand lies in /usr/local; what a package brings does not.
sed -i 's|/usr/local/bin/|/usr/bin/|' "$stage"/units/*
cargo deb --no-build --no-strip --locked -p lark-callback --target "$target" --output "$dist/"
ls -l "$dist"
