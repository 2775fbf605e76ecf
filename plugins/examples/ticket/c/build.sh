#!/usr/bin/env bash
# Builds the link preview in C into a file: target/examples/ticket-c.wasm, or the one that is named.
# It needs clang and Rust, whose linker for wasm32-wasip2 makes components; wit-bindgen comes from crates.io, once.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../../.." && pwd)
out=$(realpath -m "${1:-$root/target/examples/ticket-c.wasm}")
tools=$root/target/languages
work=$tools/build/ticket/c

if [ ! -x "$tools/bin/wit-bindgen" ]; then
  cargo install --quiet --locked wit-bindgen-cli@0.61.1 --no-default-features --features c --root "$tools"
fi
clang=$(command -v clang || command -v clang-19 || command -v clang-16 || command -v clang-14)

rm -rf "$work" && mkdir -p "$work/wit/deps" "$(dirname "$out")"
cp "$here/../ticket.wit" "$work/wit/"
cp -R "$root/wit" "$work/wit/deps/lark"
"$tools/bin/wit-bindgen" c --world ticket --out-dir "$work" "$work/wit" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }

flags=(--target=wasm32-unknown-unknown -std=c17 -Os -g0 -ffreestanding -fno-builtin -Wall -Wextra -Werror "-I$work" "-I$here")
"$clang" "${flags[@]}" -c "$here/../ticket.c" -o "$work/plugin.o"
"$clang" "${flags[@]}" -c "$here/libc.c" -o "$work/libc.o"
"$clang" "${flags[@]}" -c "$work/ticket.c" -o "$work/bindings.o"

# The linker of Rust's target adds the types of the interface, and checks that they fit.
rust=$(rustc --print sysroot)/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin
"$rust/wasm-component-ld" --wasm-ld-path "$rust/gcc-ld/wasm-ld" --no-entry -z stack-size=65536 \
  "$work"/{plugin,libc,bindings,ticket_component_type}.o -o "$out"
printf '{"file": "%s", "bytes": %s}\n' "$out" "$(stat -c %s "$out")"
