/** Handles `{{event}}`. */

import { definePlugin, done, log } from "lark-plugin-sdk";

export default definePlugin({
  events: {
    "{{event}}"(event) {
      // The `event` object as Lark documents it.
      const fields = Object.keys(event.payload).length;
      log.info(`${event.type} with ${fields} fields`);
      return done;
    },
  },
});
