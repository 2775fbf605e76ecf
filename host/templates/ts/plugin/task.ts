/** Answers at once and does the slow part afterwards, in a task, which is retried when it fails and survives restarts. */

import { type Task, config, definePlugin, done, lark, toast, withTasks } from "lark-plugin-sdk";

/** The payload of the task. */
interface Report {
  event_id: string;
}

export default definePlugin({
  wants: [
    { kind: "config", value: "chat", reason: "the chat (oc_…) that gets the reports" },
    { kind: "openapi", value: "POST /open-apis/im/v1/messages", reason: "to send the reports" },
  ],
  events: {
    "{{event}}"(event) {
      const payload: Report = { event_id: event.id };
      return withTasks(event.kind === "callback" ? toast("info", "处理中") : done, { name: "report", payload });
    },
  },
  tasks: {
    report(task: Task<Report>) {
      lark.sendText({ chatId: config.require("chat") }, `事件 ${task.payload.event_id} 已处理`);
    },
  },
});
