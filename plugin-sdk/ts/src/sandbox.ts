/** The handler of a component in the engine, where nothing is asynchronous: not for authors, the build uses it. */

import { type BorderEvent, type BorderOutcome, type BorderTask, type Call, answer, description, tellUnawaited } from "./component.ts";
import { dropJobs, runJobs, settled, takeUnheard } from "./globals/promise.ts";
import { forgetRandom } from "./globals/random.ts";
import { type Plugin, definePlugin } from "./plugin.ts";

/** What a component exports. */
export function handlerOf(exported: Plugin, made: { name: string; version: string }) {
  // One in JavaScript may be an object as it is.
  const plugin = definePlugin(exported);
  // What the code outside of functions has begun. A call starts without it, and there is no log yet that could tell of an error.
  runJobs();
  const lost = takeUnheard();
  if (lost.length > 0) {
    throw lost[0];
  }
  const call = (of: Call): BorderOutcome => {
    forgetRandom();
    dropJobs();
    try {
      const answered = answer(plugin, of);
      return "then" in answered ? settled(answered) : answered;
    } finally {
      // A handler that is not async itself may have begun what is: there is no later moment in which that could run.
      runJobs();
      tellUnawaited(takeUnheard());
    }
  };
  return {
    describe: () => description(plugin, made),
    handle: (event: BorderEvent) => call({ event }),
    run: (task: BorderTask) => call({ task }),
  };
}
