/** The handler of a component in the engine, where nothing is asynchronous: not for authors, the build uses it. */

import { type BorderEvent, type BorderOutcome, type BorderTask, answer, description } from "./component.ts";
import { dropJobs, settled } from "./globals/promise.ts";
import { forgetRandom } from "./globals/random.ts";
import { type Plugin, definePlugin } from "./plugin.ts";

/** What a component exports. */
export function handlerOf(exported: Plugin, made: { name: string; version: string }) {
  // One in JavaScript may be an object as it is.
  const plugin = definePlugin(exported);
  const call = (of: { event: BorderEvent } | { task: BorderTask }): BorderOutcome => {
    forgetRandom();
    dropJobs();
    const answered = answer(plugin, of);
    return "then" in answered ? settled(answered) : answered;
  };
  return {
    describe: () => description(plugin, made),
    handle: (event: BorderEvent) => call({ event }),
    run: (task: BorderTask) => call({ task }),
  };
}
