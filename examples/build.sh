#!/usr/bin/env bash
# Builds the examples in TypeScript and Python into a folder: target/examples, or the one that is named.
# It needs Node and Python; their tools come from npm and PyPI into target/languages, once.
set -euo pipefail
cd "$(dirname "$0")/.."
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

for example in ${EXAMPLES:-approval assistant ticket}; do
  work=$tools/work/$example
  rm -rf "$work" && mkdir -p "$work/ts/src" "$work/python/src"
  cp "examples/$example/$example.ts" "$work/ts/src/plugin.ts"
  printf '{"name": "%s", "version": "0.1.0", "type": "module", "main": "src/plugin.ts"}\n' "$example" > "$work/ts/package.json"
  ln -sfn "$tools/node_modules" "$work/ts/node_modules"
  (cd "$work/ts" && node "$root/plugin-sdk/ts/bin/lark-plugin.mjs" build --out "$out/$example.ts.wasm")
  cp "examples/$example/$example.py" "$work/python/src/plugin.py"
  printf '[project]\nname = "%s"\nversion = "0.1.0"\n' "$example" > "$work/python/pyproject.toml"
  (cd "$work/python" && PYTHONPATH=$root/plugin-sdk/python/src "$tools/venv/bin/python" -m lark_plugin.build --out "$out/$example.py.wasm")
done
