/** Shows a title in place of a link. */

import { definePlugin, log, pass, preview } from "lark-plugin-sdk";

export default definePlugin({
  events: {
    "{{event}}"(event) {
      const ticket = event.payload.context.url?.split("/tickets/")[1];
      if (ticket === undefined) {
        return pass; // another plugin's link
      }
      log.info(`a preview of ticket ${ticket}`);
      return preview(`工单 ${ticket}`, { i18n: { en_us: `Ticket ${ticket}` } });
    },
  },
});
