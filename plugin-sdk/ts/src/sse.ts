/** Server-sent events, as language models stream their answers (HTML standard, "Server-sent events"). */

/** One event. */
export interface ServerSentEvent {
  /** The type; `message` when the service names none. */
  event: string;
  /** The data; several lines are joined with `\n`. */
  data: string;
  /** The last id that the service has sent; empty when there was none. */
  id: string;
  /** The delay that the service wants before a new connection. */
  retryMs: number | undefined;
}

/** Takes text as it comes, and gives events as they are whole. */
export class SseParser {
  #line = "";
  #afterReturn = false;
  #event = "";
  #data: string[] = [];
  #id = "";
  #retryMs: number | undefined;

  *add(text: string): Generator<ServerSentEvent, void> {
    for (const letter of text) {
      const isSecond = this.#afterReturn && letter === "\n";
      this.#afterReturn = letter === "\r";
      if (isSecond) {
        continue;
      }
      if (letter !== "\r" && letter !== "\n") {
        this.#line += letter;
        continue;
      }
      const line = this.#line;
      this.#line = "";
      if (line !== "") {
        this.#take(line);
        continue;
      }
      const whole = this.#end();
      if (whole !== undefined) {
        yield whole;
      }
    }
  }

  #take(line: string): void {
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? "" : line.slice(colon + 1);
    value = value.startsWith(" ") ? value.slice(1) : value;
    if (field === "data") {
      this.#data.push(value);
    } else if (field === "event") {
      this.#event = value;
    } else if (field === "id" && !value.includes("\0")) {
      this.#id = value;
    } else if (field === "retry" && /^[0-9]+$/.test(value)) {
      this.#retryMs = Number(value);
    }
    // Anything else is a comment, which keeps the connection open, or a field that nobody knows.
  }

  #end(): ServerSentEvent | undefined {
    const [event, data, retryMs] = [this.#event || "message", this.#data, this.#retryMs];
    this.#event = "";
    this.#data = [];
    this.#retryMs = undefined;
    return data.length === 0 ? undefined : { event, data: data.join("\n"), id: this.#id, retryMs };
  }
}
