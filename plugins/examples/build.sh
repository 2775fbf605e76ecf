#!/usr/bin/env bash
# Builds the examples in TypeScript, Python and C into a folder: target/examples, or the one that is named.
# It needs Node, Python and clang; their tools come from npm, PyPI and crates.io into target/languages, once.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
out=$(realpath -m "${1:-target/examples}")
tools=$root/target/languages
mkdir -p "$out" "$tools"

if [ ! -d "$tools/node_modules/componentize-qjs" ]; then
  cp plugin-sdk/ts/package.json "$tools/"
  npm install --prefix "$tools" --no-audit --no-fund --loglevel=error
fi
if ! "$tools/venv/bin/python" -c 'import componentize_py' 2>/dev/null; then
  python3 -m venv "$tools/venv"
  "$tools/venv/bin/pip" install -q -r host/templates/python/requirements.txt
fi

# Whether a component is older than what it is made of.
is_old() {
  local component=$1
  shift
  [ ! -e "$component" ] || [ -n "$(find "$@" wit plugins/examples/build.sh -newer "$component" -print -quit)" ]
}

for example in ${EXAMPLES:-approval assistant ticket}; do
  work=$tools/build/$example
  made=$out/$example-ts.wasm
  if is_old "$made" "plugins/examples/$example/$example.ts" plugin-sdk/ts/src plugin-sdk/ts/bin; then
    rm -rf "$work/ts" && mkdir -p "$work/ts/src"
    cp "plugins/examples/$example/$example.ts" "$work/ts/src/plugin.ts"
    printf '{"name": "%s", "version": "0.1.0", "type": "module", "main": "src/plugin.ts"}\n' "$example" > "$work/ts/package.json"
    ln -sfn "$tools/node_modules" "$work/ts/node_modules"
    (cd "$work/ts" && node "$root/plugin-sdk/ts/bin/lark-plugin.mjs" build --out "$made")
  fi
  made=$out/$example-py.wasm
  if is_old "$made" "plugins/examples/$example/$example.py" plugin-sdk/python/src/lark_plugin/*.py; then
    rm -rf "$work/python" && mkdir -p "$work/python/src"
    cp "plugins/examples/$example/$example.py" "$work/python/src/plugin.py"
    printf '[project]\nname = "%s"\nversion = "0.1.0"\n' "$example" > "$work/python/pyproject.toml"
    (cd "$work/python" && PYTHONPATH=$root/plugin-sdk/python/src "$tools/venv/bin/python" -m lark_plugin.build --out "$made")
  fi
done

if ! command -v clang clang-19 clang-16 clang-14 >/dev/null; then
  printf 'NOT BUILT: the example in C; there is no clang in PATH\n' >&2
elif is_old "$out/ticket-c.wasm" plugins/examples/ticket/ticket.c plugins/examples/ticket/ticket.wit plugins/examples/ticket/c; then
  plugins/examples/ticket/c/build.sh "$out/ticket-c.wasm"
fi
