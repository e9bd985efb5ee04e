// Following films through queue, reading and callback, by asking: the list, and some tasks closely.

import * as api from "./api.js";
import { FINAL, entry, put, sorted, state, tell } from "./state.js";
import { keptNames } from "./store.js";

const GAP_MS = 1000;
const CALLBACK_GAP_MS = 5000; // later attempts are seconds to hours apart
const LIST_GAP_MS = 10_000; // for films that were sent from elsewhere
const AT_ONCE = 4;

const asked = new Map(); // taskId → when its status was last asked for
let listed = 0; // when the list was last asked for
let timer = null;

export async function list(cursor = null) {
  listed = performance.now();
  const before = summary();
  try {
    const names = await keptNames();
    const page = await api.tasks(cursor);
    for (const one of page.tasks) put(one.taskId, { ...one, name: names.get(one.taskId) ?? entry(one.taskId)?.name ?? null });
    if (cursor || state.cursor === undefined) state.cursor = page.cursor;
    state.trouble = null;
  } catch (error) {
    if (!(error instanceof api.ApiError)) throw error;
    state.trouble = error;
  }
  if (summary() !== before) tell("list");
}

function summary() {
  const shown = sorted().map(({ taskId, status, name, phase }) => [taskId, status, name, phase]);
  return JSON.stringify([shown, state.cursor, state.trouble?.code]);
}

// What did not change is not told: views would be made anew under a pointer or a reader.
export async function look(taskId) {
  asked.set(taskId, performance.now());
  const before = JSON.stringify([entry(taskId)?.detail, entry(taskId)?.phase, state.trouble?.code]);
  try {
    const detail = await api.task(taskId);
    put(taskId, { detail, status: detail.status, createdAt: detail.createdAt, completedAt: detail.completedAt, taskType: detail.taskType });
    state.trouble = null;
  } catch (error) {
    if (!(error instanceof api.ApiError)) throw error;
    if (error.code === 10006 && entry(taskId)?.phase === "sent") put(taskId, { phase: "gone", error, chosenAt: "", detail: null });
    else state.trouble = error;
  }
  if (JSON.stringify([entry(taskId)?.detail, entry(taskId)?.phase, state.trouble?.code]) !== before) tell("entry");
}

function wanted(one) {
  if (one.phase !== "sent") return false;
  const since = performance.now() - (asked.get(one.taskId) ?? -Infinity);
  if (!FINAL.has(one.status)) return since >= GAP_MS;
  const mine = one.taskId === state.selected;
  if (!one.detail || !FINAL.has(one.detail.status)) return mine || one.chosenAt !== undefined;
  const gap = one.detail.callback?.attempts.length ? CALLBACK_GAP_MS : GAP_MS;
  return mine && one.detail.callback?.state === "waiting" && one.status !== "cancelled" && since >= gap;
}

async function round() {
  try {
    await ask();
  } finally {
    timer = setTimeout(round, document.hidden ? 5 * GAP_MS : GAP_MS / 2);
  }
}

async function ask() {
  const open = sorted().filter(wanted);
  open.sort((a, b) => (b.taskId === state.selected) - (a.taskId === state.selected));
  await Promise.all(open.slice(0, AT_ONCE).map((one) => look(one.taskId)));
  // The list tells of many films in one answer.
  if (performance.now() - listed > (open.length > AT_ONCE ? 2 * GAP_MS : LIST_GAP_MS)) await list();
}

export function start() {
  if (timer === null) round();
}
