/** Counts the clicks on its buttons, and tells the person who clicked. */

import { definePlugin, kv, log, pass, toast } from "lark-plugin-sdk";

/**
 * The value of this plugin's buttons: `{"{{name}}": {"count": "likes"}}`. By the name in it they are told from the buttons of
 * other plugins.
 */
interface Value {
  "{{name}}"?: { count: string };
}

export default definePlugin({
  events: {
    "{{event}}"(event) {
      const value: Value | null | undefined = event.payload.action.value;
      const pressed = value?.["{{name}}"];
      if (pressed === undefined) {
        return pass; // another plugin's button
      }
      const count = kv.update<number>(pressed.count, (count = 0) => count + 1);
      log.info(`click ${count}`);
      return toast("success", `第 ${count} 次`, { i18n: { en_us: `Clicks: ${count}` } });
    },
  },
});
