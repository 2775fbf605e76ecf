/** The cases of the errors of the host's services, as in its WIT. The SDKs for all languages take the same ones for passing. */

/** What is said of a case, and whether a retry may succeed. */
export interface Case {
  said: string;
  again: boolean;
}

export type Cases = Record<string, Case>;

export const KV: Cases = {
  // The same value is too large the next time, too.
  "over-limit": { said: "over a limit of the key-value store", again: false },
  unavailable: { said: "the key-value store is unavailable", again: true },
};

export const HTTP: Cases = {
  "not-granted": { said: "the operator has not granted this request", again: false },
  refused: { said: "this request cannot be sent", again: false },
  "over-limit": { said: "a limit of HTTP is used up", again: false },
  unreachable: { said: "the service could not be reached", again: true },
  interrupted: { said: "the service did not respond", again: true },
  failed: { said: "requests to the service are not possible", again: false },
};

export const LARK: Cases = {
  "not-granted": { said: "the operator has not granted this call", again: false },
  "authorization-required": { said: "the user must authorize the application", again: false },
  refused: { said: "this call cannot be made", again: false },
  retry: { said: "Lark is not available", again: true },
  failed: { said: "calls to Lark are not possible", again: false },
};

/** Without `rejected`, which has an error of its own. */
export const MEDIA: Cases = {
  "not-granted": { said: "the operator has not granted this call", again: true },
  refused: { said: "this cannot be sent", again: false },
  "over-limit": { said: "a limit of uploads and downloads is used up", again: false },
  retry: { said: "Lark is not available", again: true },
  failed: { said: "calls to Lark are not possible", again: true },
};

export const OAUTH: Cases = {
  "not-granted": { said: "the operator has not granted this authorization", again: false },
  "bad-ticket": { said: "the ticket is not one of this host, or has expired", again: false },
  "code-refused": { said: "Lark rejected the code; a new link is needed", again: false },
  "wrong-user": { said: "the link was made for another user", again: false },
  "not-allowed": { said: "this user may not use the application", again: false },
  retry: { said: "Lark is not available", again: true },
  failed: { said: "authorization is not possible", again: false },
};
