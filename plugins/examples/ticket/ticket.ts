/** Shows a ticket's title and state in place of its link. */

import { HostError, definePlugin, http, log, pass, preview } from "lark-plugin-sdk";

interface Ticket {
  title: string;
  state: "open" | "closed";
}

export default definePlugin({
  wants: [{ kind: "http", value: "GET https://tickets.example.com/api/tickets/*", reason: "to read a ticket's title" }],
  events: {
    "url.preview.get"(event) {
      const id = /^https:\/\/tickets\.example\.com\/tickets\/(\d+)/.exec(event.payload.context.url ?? "")?.[1];
      if (id === undefined) {
        return pass; // another plugin's link
      }
      try {
        const response = http.request(`https://tickets.example.com/api/tickets/${id}`, { timeoutMs: 1500 });
        if (response.status === 404) {
          return preview(`工单 ${id}（不存在）`, { i18n: { en_us: `Ticket ${id} (not found)` } });
        }
        const { title, state } = response.success().json<Ticket>();
        const i18n = { en_us: `Ticket ${id}: ${title} (${state})` };
        return preview(`工单 ${id}：${title}（${state === "open" ? "处理中" : "已关闭"}）`, { i18n });
      } catch (error) {
        if (!(error instanceof HostError)) {
          throw error;
        }
        // A link without its title is better than none.
        log.warn(`no title: ${error.message}`);
        return preview(`工单 ${id}`, { i18n: { en_us: `Ticket ${id}` } });
      }
    },
  },
});
