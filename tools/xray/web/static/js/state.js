// What the page knows, and who wants to hear of changes.

export const state = {
  config: { callbackUrl: "" },
  definitions: null,
  entries: new Map(), // taskId → entry: what is known of a film, sent from here or not
  selected: null,
  cursor: undefined, // leads to older tasks; null where there are none
  trouble: null, // the last ApiError of a question in the background
};

const listeners = new Map();

export function on(what, listener) {
  listeners.set(what, [...(listeners.get(what) ?? []), listener]);
}

export function tell(what) {
  for (const listener of listeners.get(what) ?? []) listener();
}

export const FINAL = new Set(["completed", "failed", "cancelled"]);

export function entry(taskId) {
  return state.entries.get(taskId) ?? null;
}

export function put(taskId, changes) {
  state.entries.set(taskId, { taskId, name: null, phase: "sent", error: null, detail: null, ...state.entries.get(taskId), ...changes });
}

// Newest first; what is still on its way out stands above.
export function sorted() {
  return [...state.entries.values()].sort((a, b) =>
    (b.createdAt ?? b.chosenAt).localeCompare(a.createdAt ?? a.chosenAt));
}

// The word for where a film stands.
export function standing(one) {
  if (one.phase !== "sent") return one.phase;
  // The list may know of the end before the film itself is asked again.
  return FINAL.has(one.status) ? one.status : one.detail?.status ?? one.status;
}
