#!/usr/bin/env bash
# Measures the same small plugin in each language and with each tool, and prints the table of host/docs/languages.md.
# plugins/examples/measure.sh [lark-callback [CALLS]]; with OTHER=1 also the tools that were not chosen (400 MB from npm).
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
program=$(realpath "${1:-target/debug/lark-callback}")
calls=${2:-300}
tools=$root/target/languages
work=$tools/measure
plugins/examples/build.sh >/dev/null
rm -rf "$work" && mkdir -p "$work/ts/src" "$work/py/src"
export CALLBACK_CACHE_DIR=$work/cache

cat > "$work/ts/src/plugin.ts" <<'TS'
import { definePlugin, toast } from "lark-plugin-sdk";

export default definePlugin({
  events: { "card.action.trigger": (event) => toast("success", `hello ${event.payload.operator.open_id}`) },
});
TS
cat > "$work/py/src/plugin.py" <<'PY'
from lark_plugin import Plugin, toast

plugin = Plugin()


@plugin.on("card.action.trigger")
def clicked(event):
    return toast("success", f"hello {event.payload['operator']['open_id']}")
PY
cat > "$work/bare.js" <<'JS'
export const handler = {
  describe: () => ({ name: "toast", version: "0.1.0", eventTypes: ["card.action.trigger"], wants: [], finishesLate: false, attributes: [] }),
  handle(event) {
    const content = `hello ${JSON.parse(event.payload).operator.open_id}`;
    return { reply: { tag: "json", val: JSON.stringify({ toast: { type: "success", content } }) }, tasks: [] };
  },
  run: () => ({ reply: { tag: "none" }, tasks: [] }),
};
JS
cat > "$work/click.json" <<'JSON'
{"schema": "2.0", "header": {"event_id": "e1", "event_type": "card.action.trigger", "create_time": "1700000000000000", "app_id": "cli_1"}, "event": {"operator": {"open_id": "ou_anna"}, "action": {"value": {"a": 1}, "tag": "button"}}}
JSON
printf '{"name": "toast-ts", "version": "0.1.0", "type": "module", "main": "src/plugin.ts"}\n' > "$work/ts/package.json"
ln -s "$tools/node_modules" "$work/ts/node_modules"
printf '[project]\nname = "toast-py"\nversion = "0.1.0"\n' > "$work/py/pyproject.toml"

# The CPU time of a command and its children in seconds: the clock would tell how busy the machine is.
TIMEFORMAT='%U %S'
cpu() { { time "$@" >/dev/null 2>&1; } 2>&1 | awk '{ printf "%.2f", $1 + $2 }'; }

# One row: a name, a file, and the CPU time of its build.
row() {
  local load cached fresh warm
  load=$(cpu "$program" plugin check "$2")
  cached=$(cpu "$program" plugin check "$2")
  measured() { "$program" plugin test "$2" --event "$work/click.json" --repeat "$calls" --settings "$1" --json | jq -r '.cases[0].cpu_ms.median * 1000 | round / 1000'; }
  : > "$work/fresh.toml"
  printf '[limits]\nreuse = 1000\n' > "$work/warm.toml"
  fresh=$(measured "$work/fresh.toml" "$2")
  warm=$(measured "$work/warm.toml" "$2")
  printf '| %s | %s | %s s | %s s | %s s | %s ms | %s ms |\n' "$1" \
    "$(stat -c %s "$2" | awk '{ printf "%.1f MB", $1 / 1e6 }')" "$3" "$load" "$cached" "$fresh" "$warm"
}

echo '| tool | file | build | first load | from the cache | fresh call | warm call |'
echo '|---|---|---|---|---|---|---|'
rust=$(find target -name bench_toast.wasm -path '*examples*' 2>/dev/null | head -n 1 || true)
if [ -n "$rust" ]; then
  row 'Rust' "$rust" 0
fi
cd "$work/ts"
took=$(cpu node "$root/plugin-sdk/ts/bin/lark-plugin.mjs" build --out "$work/toast-ts.wasm")
row 'TypeScript, this SDK (componentize-qjs)' "$work/toast-ts.wasm" "$took"
cd "$root"
took=$(cpu "$tools/node_modules/.bin/componentize-qjs" --sync --wit wit --js "$work/bare.js" --output "$work/bare-qjs.wasm")
row 'JavaScript, componentize-qjs' "$work/bare-qjs.wasm" "$took"
took=$(cpu "$tools/node_modules/.bin/componentize-qjs" --sync --opt-size --wit wit --js "$work/bare.js" --output "$work/small-qjs.wasm")
row 'JavaScript, componentize-qjs `--opt-size`' "$work/small-qjs.wasm" "$took"
if [ -n "${OTHER:-}" ]; then
  other=$root/target/languages-other
  [ -d "$other/node_modules/@bytecodealliance/componentize-js" ] || npm install --prefix "$other" --no-audit --no-fund --loglevel=error @bytecodealliance/componentize-js@0.23.0
  took=$(cpu "$other/node_modules/.bin/componentize-js" "$work/bare.js" --wit wit --world-name plugin --disable http fetch-event --out "$work/spider.wasm")
  row 'JavaScript, componentize-js' "$work/spider.wasm" "$took"
fi
cd "$work/py"
export PYTHONPATH=$root/plugin-sdk/python/src
took=$(cpu "$tools/venv/bin/python" -m lark_plugin.build --out "$work/toast-py.wasm")
row 'Python, this SDK (componentize-py)' "$work/toast-py.wasm" "$took"
