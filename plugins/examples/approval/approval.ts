/** A request for leave: a card with a form, a decision by somebody else, and the state of each request in the key-value store. */

import { type Card, definePlugin, done, kv, lark, log, message, pass, toast } from "lark-plugin-sdk";

interface Request {
  by: string;
  reason: string;
  days: string;
  state: "waiting" | "approved" | "rejected";
}

/** The value of this plugin's buttons; by the name in it they are told from the buttons of other plugins. */
interface Value {
  approval?: "submit" | "approved" | "rejected";
}

const text = (content: string) => ({ tag: "plain_text", content });
const button = (content: string, type: string, value: Value, more = {}) => ({
  tag: "button",
  text: text(content),
  type,
  behaviors: [{ type: "callback", value }],
  ...more,
});

function card(template: string, elements: unknown[]): Card {
  return { schema: "2.0", header: { title: text("请假申请"), template }, body: { elements } };
}

function form(): Card {
  const days = ["1", "2", "3"].map((days) => ({ text: text(`${days} 天`), value: days }));
  const elements = [
    { tag: "input", name: "reason", required: true, placeholder: text("请假事由") },
    { tag: "select_static", name: "days", required: true, placeholder: text("天数"), options: days },
    button("提交", "primary", { approval: "submit" }, { name: "submit", form_action_type: "submit" }),
  ];
  return card("blue", [{ tag: "form", name: "leave", elements }]);
}

function shown(request: Request): Card {
  const content = `<at id=${request.by}></at> 申请请假 ${request.days} 天：${request.reason}`;
  const said = { tag: "markdown", content };
  if (request.state === "waiting") {
    const buttons = [button("同意", "primary", { approval: "approved" }), button("拒绝", "danger", { approval: "rejected" })];
    return card("orange", [said, ...buttons]);
  }
  const isApproved = request.state === "approved";
  return card(isApproved ? "green" : "red", [said, { tag: "markdown", content: isApproved ? "**已同意**" : "**已拒绝**" }]);
}

export default definePlugin({
  wants: [{ kind: "openapi", value: "POST /open-apis/im/v1/messages/*/reply", reason: "to answer with the form" }],
  events: {
    "im.message.receive_v1"(event) {
      if (!message.textWithoutMentions(event.payload).startsWith("请假")) {
        return pass;
      }
      lark.replyCard(event.payload.message.message_id, form());
      return done;
    },

    "card.action.trigger"(event) {
      const { action, context, operator } = event.payload;
      const pressed = (action.value as Value | null)?.approval;
      if (pressed === undefined) {
        return pass; // another plugin's button
      }
      const key = `request/${context.open_message_id}`;
      const person = operator.open_id ?? "";
      if (pressed === "submit") {
        const { reason = "", days = "1" } = action.form_value ?? {};
        const request: Request = { by: person, reason, days, state: "waiting" };
        kv.set(key, request, { ttlMs: 30 * 24 * 3600 * 1000 });
        log.info("a request was submitted");
        return toast("success", "已提交", { card: shown(request) });
      }
      const request = kv.get<Request>(key);
      if (request === undefined) {
        return toast("error", "申请已过期");
      }
      if (request.by === person) {
        return toast("warning", "不能审批自己的申请");
      }
      // The first decision counts, also when two people press at once.
      const decide = (now?: Request) => (now?.state === "waiting" ? { ...now, state: pressed } : undefined);
      const decided = kv.update<Request>(key, decide);
      return decided === undefined
        ? toast("info", "已有人处理", { card: shown(kv.get<Request>(key) ?? request) })
        : toast("success", pressed === "approved" ? "已同意" : "已拒绝", { card: shown(decided) });
    },
  },
});
