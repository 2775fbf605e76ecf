/** What Lark refuses of a card, in the words of the server: the same checks as there, for tests. */

const CARD_BYTES_MAX = 30 << 10;
const ELEMENTS_MAX = 200;
const TABLES_MAX = 5;
const CONTAINERS_MAX = 5;
const DEPTH_MAX = 60;
const PATH_LETTERS_MAX = 64;

/** Components that hold others. */
const CONTAINERS = ["form", "column_set", "interactive_container", "collapsible_panel"];

/** Components that people use, each of which needs a name in a form. */
const USED = [
  "button", "input", "select_static", "multi_select_static", "select_person", "multi_select_person", "date_picker", "picker_time",
  "picker_datetime", "select_img", "checker",
];

/** All kinds that a name is compared with; shorter ones are too near to names that Lark may add. */
const KINDS = [
  "action", "audio", "button", "chart", "checker", "collapsible_panel", "column", "column_set", "custom_icon", "date_picker",
  "img_combination", "input", "interactive_container", "lark_md", "local_datetime", "markdown", "multi_select_person",
  "multi_select_static", "number_tag", "overflow", "person", "person_list", "picker_datetime", "picker_time", "plain_text",
  "select_img", "select_person", "select_static", "standard_icon", "table", "text_tag",
];

/** Members that hold values and not components. */
const OPAQUE = [
  "value", "behaviors", "rows", "chart_spec", "options", "text_tag_list", "i18n_content", "multi_url", "style", "icon", "confirm",
  "summary",
];

const OF_SCHEMA_1 = "belongs to schema 1.0; in schema 2.0 ";
const NO_NAME = "is missing or empty: every form, and every component to be used in one, needs a name";
const TOO_MANY_TABLES = `is a table too many: a card may have ${TABLES_MAX}, those in Markdown included`;
const TOO_DEEP = `holds containers in more than ${CONTAINERS_MAX} levels`;

type Members = Record<string, unknown>;

/** A problem, at a place in the card. */
type Found = [path: string, problem: string];

class CardRefusal extends Error {
  constructor(
    readonly path: string,
    readonly problem: string,
  ) {
    super(problem);
  }
}

/** Facts about the whole card. */
interface State {
  elements: number;
  tables: number;
  elementIds: Set<string>;
  formNames: Set<string>;
  depth: number;
}

/** Contents of a component. */
class Inside {
  containers = 0;
  /** A form or a table, which may only stand in the card itself. */
  atRootOnly: Found | undefined;
  /** The first component without a name that would need one in a form. */
  unnamed: string | undefined;
  names: [name: string, path: string][] = [];
  submits = false;
  /** The first problem that is one in schema 2.0 only. */
  ofSchema2: Found | undefined;

  add(other: Inside): void {
    this.containers = Math.max(this.containers, other.containers);
    this.submits ||= other.submits;
    this.atRootOnly ??= other.atRootOnly;
    this.unnamed ??= other.unnamed;
    this.ofSchema2 ??= other.ofSchema2;
    this.names.push(...other.names);
  }
}

/** Why Lark would refuse a card of so many bytes, with the place of the card before its own; nothing if it would not. */
export function refusedCard(card: unknown, bytes: number, place = ""): string | undefined {
  try {
    if (bytes > CARD_BYTES_MAX) {
      throw new CardRefusal("", `has ${bytes} bytes, and at most ${CARD_BYTES_MAX} can be sent`);
    }
    checkRoot(card as Members);
    return undefined;
  } catch (error) {
    if (!(error instanceof CardRefusal)) {
      throw error;
    }
    const path = place === "" || error.path === "" ? place + error.path : `${place}.${error.path}`;
    return path === "" ? `the card ${error.problem}` : `\`${path}\` ${error.problem}`;
  }
}

function checkRoot(card: Members): void {
  const state: State = { elements: 0, tables: 0, elementIds: new Set(), formNames: new Set(), depth: 0 };
  const inside = new Inside();
  let isSchema2 = false;
  let isShared = true;
  let ofSchema1: Found | undefined;
  for (const [name, value] of Object.entries(card)) {
    switch (name) {
      case "schema":
        if (value !== "2.0" && value !== "1.0") {
          throw new CardRefusal(name, 'is neither "2.0" nor "1.0"');
        }
        isSchema2 = value === "2.0";
        break;
      case "config":
        isShared = (value as Members | null)?.["update_multi"] !== false;
        break;
      case "body":
        if (!isObject(value)) {
          throw new CardRefusal(name, "is not an object");
        }
        if ("elements" in value) {
          inside.add(list(state, value["elements"], "body.elements"));
        }
        break;
      case "elements":
        ofSchema1 = [name, `${OF_SCHEMA_1}components stand in \`body.elements\``];
        inside.add(list(state, value, name));
        break;
      case "i18n_elements":
        ofSchema1 = [name, `${OF_SCHEMA_1}each text has its own \`i18n_content\``];
        inside.add(languages(state, value, name));
        break;
      case "fallback":
        ofSchema1 ??= [name, `${OF_SCHEMA_1}there is none`];
        break;
      case "header":
        inside.add(node(state, value, name));
        break;
      default:
    }
  }
  const problem: Found | undefined = isSchema2
    ? (ofSchema1 ??
      (isShared ? inside.ofSchema2 : ["config.update_multi", "is false, which schema 2.0 does not have; leave it out"]))
    : "body" in card
      ? ["body", 'belongs to schema 2.0; add "schema": "2.0" to the card']
      : undefined;
  if (problem !== undefined) {
    throw new CardRefusal(...problem);
  }
}

/** A list of components for each language, of which people see one. */
function languages(state: State, value: unknown, path: string): Inside {
  if (!isObject(value)) {
    throw new CardRefusal(path, "is not an object");
  }
  const { elements, tables } = state;
  const inside = new Inside();
  for (const [name, of] of Object.entries(value)) {
    Object.assign(state, { elements, tables });
    state.formNames.clear();
    inside.add(list(state, of, member(path, name)));
  }
  return inside;
}

function list(state: State, value: unknown, path: string): Inside {
  if (!Array.isArray(value)) {
    throw new CardRefusal(path, "is not a list of components");
  }
  return node(state, value, path);
}

/** A component, a part of one, or a value that is neither. */
function node(state: State, value: unknown, path: string): Inside {
  const inside = new Inside();
  if (Array.isArray(value)) {
    value.forEach((part, at) => inside.add(node(state, part, `${path}[${at}]`)));
    return inside;
  }
  if (!isObject(value)) {
    return inside;
  }
  if (state.depth === DEPTH_MAX) {
    throw new CardRefusal(path, TOO_DEEP);
  }
  state.depth += 1;
  for (const [name, of] of Object.entries(value)) {
    if (["form_action_type", "action_type"].includes(name)) {
      inside.submits ||= of === "submit" || of === "form_submit";
    } else if (!["tag", "name", "element_id", "content", ...OPAQUE].includes(name)) {
      inside.add(node(state, of, member(path, name)));
    }
  }
  state.depth -= 1;
  return ended(state, value, inside, path);
}

/** Judges a component when all of it was read. */
function ended(state: State, component: Members, inside: Inside, path: string): Inside {
  const { tag, content, name } = component;
  if (typeof tag !== "string") {
    return inside;
  }
  if (inside.atRootOnly !== undefined) {
    const [at, kind] = inside.atRootOnly;
    throw new CardRefusal(
      at,
      `is a ${kind} inside of another component; it may only stand in the elements of the card itself`,
    );
  }
  state.elements += tag === "column" ? 0 : 1;
  if (state.elements > ELEMENTS_MAX) {
    throw new CardRefusal(path, `makes more than ${ELEMENTS_MAX} components and texts, which is all that a card may have`);
  }
  if ("element_id" in component) {
    inside.ofSchema2 ??= checkId(state, component["element_id"], `${path}.element_id`);
  }
  if (tag === "table") {
    countTables(state, 1, path);
    inside.atRootOnly = [path, "table"];
  } else if (["markdown", "lark_md", "plain_text"].includes(tag)) {
    checkText(state, tag, content, inside, `${path}.content`);
  } else if (tag === "action") {
    inside.ofSchema2 ??= [path, `${OF_SCHEMA_1}buttons stand in the elements themselves, or in a column_set`];
  } else if (tag === "note") {
    inside.ofSchema2 ??= [path, `${OF_SCHEMA_1}a small text is markdown with "text_size": "notation"`];
  } else if (tag === "form") {
    checkForm(state, name, inside, path);
    inside.atRootOnly = [path, "form"];
  } else if (USED.includes(tag)) {
    if (typeof name === "string" && name !== "") {
      inside.names.push([name, `${path}.name`]);
    } else {
      inside.unnamed ??= `${path}.name`;
    }
  } else if (!KINDS.includes(tag)) {
    const nearest = KINDS.find((kind) => isOneSlip(kind, tag));
    if (nearest !== undefined) {
      throw new CardRefusal(`${path}.tag`, `is no kind of component; the nearest one is \`${nearest}\``);
    }
  }
  if (CONTAINERS.includes(tag)) {
    inside.containers += 1;
    if (inside.containers > CONTAINERS_MAX) {
      throw new CardRefusal(path, TOO_DEEP);
    }
  }
  return inside;
}

function checkId(state: State, id: unknown, path: string): Found | undefined {
  if (typeof id !== "string") {
    return [path, "is not a string"];
  }
  if (!/^[A-Za-z][A-Za-z0-9_]{0,19}$/.test(id)) {
    return [path, "is not an id of a component: a letter, then letters, digits and `_`, at most 20 characters"];
  }
  if (state.elementIds.has(id)) {
    return [path, "is the id of another component, too; ids are unique within a card"];
  }
  state.elementIds.add(id);
  return undefined;
}

function checkText(state: State, tag: string, content: unknown, inside: Inside, path: string): void {
  if (typeof content !== "string") {
    inside.ofSchema2 ??= [path, "is missing; a text without it is refused"];
    return;
  }
  if (tag === "plain_text") {
    return;
  }
  if (content.split("<at ").slice(1).some((rest) => rest.trimStart().startsWith("user_id"))) {
    throw new CardRefusal(path, "has a mention in the form of text messages; in a card it is <at id=ou_…></at>");
  }
  if (tag === "markdown") {
    countTables(state, tablesIn(content), path);
  }
}

function countTables(state: State, more: number, path: string): void {
  state.tables += more;
  if (state.tables > TABLES_MAX) {
    throw new CardRefusal(path, TOO_MANY_TABLES);
  }
}

function checkForm(state: State, name: unknown, inside: Inside, path: string): void {
  if (typeof name !== "string" || name === "") {
    throw new CardRefusal(`${path}.name`, NO_NAME);
  }
  if (inside.unnamed !== undefined) {
    throw new CardRefusal(inside.unnamed, NO_NAME);
  }
  if (!inside.submits) {
    throw new CardRefusal(path, 'has no button with "form_action_type": "submit"');
  }
  for (const [own, at] of [...inside.names.splice(0), [name, `${path}.name`] as [string, string]]) {
    if (state.formNames.has(own)) {
      throw new CardRefusal(at, "is the name of another component, too; names in forms are unique within a card");
    }
    state.formNames.add(own);
  }
}

/** Tables in Markdown: a line of cells, and under it a line of dashes. Those in a code block are none. */
function tablesIn(markdown: string): number {
  const isRule = (line: string): boolean => line.includes("-") && line.includes("|") && /^[|:\- \t]*$/.test(line);
  let [found, isCode, before] = [0, false, ""];
  for (const line of markdown.split("\n").map((of) => of.trim())) {
    if (line.startsWith("```") || line.startsWith("~~~")) {
      isCode = !isCode;
    } else if (!isCode && before.includes("|") && !isRule(before) && isRule(line)) {
      found += 1;
    }
    before = line;
  }
  return found;
}

/** Whether a name is another but for one letter: one more, one less, another one, or two that have changed places. */
function isOneSlip(known: string, written: string): boolean {
  let at = 0;
  while (at < known.length && at < written.length && known[at] === written[at]) {
    at += 1;
  }
  const [a, b] = [known.slice(at), written.slice(at)];
  const swapped = a.length > 1 && b.length > 1 && a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2);
  const replaced = a !== "" && b !== "" && a.slice(1) === b.slice(1);
  return swapped || replaced || (a !== "" && a.slice(1) === b) || (b !== "" && a === b.slice(1));
}

function member(path: string, name: string): string {
  return `${path}.${[...name].slice(0, PATH_LETTERS_MAX).join("")}`;
}

function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
