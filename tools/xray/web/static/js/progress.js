// A film's way: sent, in the queue, being read, its result called back.

import { cancel, deliverAgain, task as ask } from "./api.js";
import { h } from "./dom.js";
import { clock, duration, t } from "./i18n.js";
import { FINAL, put, state, tell } from "./state.js";
import { look } from "./watch.js";

const between = (from, to) => (from && to ? new Date(to) - new Date(from) : null);

function step(name, stage, when, notes = []) {
  return h("li", { class: stage, "aria-current": stage === "now" ? "step" : null },
    h("b", {}, t(`step.${name}`)), h("span", { class: "state" }, t(`stage.${stage}`)),
    when ? h("time", { datetime: when }, clock(when)) : null,
    notes.filter(Boolean).map((text) => h("small", {}, text)));
}

function queued(task) {
  if (task.status !== "pending") return [];
  return [
    Number.isInteger(task.queuePosition) ? t("queue.position", { n: task.queuePosition }) : null,
    Number.isFinite(task.estimatedSeconds) ? t("queue.estimate", { n: Math.ceil(task.estimatedSeconds) }) : null,
    task.priority === "high" ? t("queue.high") : null,
  ];
}

function steps(task) {
  const timings = task.timings ?? {};
  const spent = (measured, from, to) => {
    const took = Number.isFinite(measured) ? measured : between(from, to);
    return took === null ? null : t("took", { time: duration(took) });
  };
  const ended = FINAL.has(task.status), cancelled = task.status === "cancelled";
  const read = task.status === "completed" ? "done" : task.status === "failed" ? "failed"
    : task.status === "processing" ? "now" : cancelled ? "never" : "later";
  const delivered = { delivered: "done", exhausted: "failed", waiting: ended ? "now" : "later" }[task.callback?.state] ?? "later";
  return [
    step("sent", "done", task.createdAt),
    step("queue", task.status === "pending" ? "now" : cancelled && !task.startedAt ? "never" : "done", task.startedAt,
      [...queued(task), task.startedAt ? spent(timings.waitedMs, task.createdAt, task.startedAt) : null]),
    step("reading", read, ended && !cancelled ? task.completedAt : null, [
      Number.isFinite(timings.downloadedMs) ? t("timing.downloaded", { time: duration(timings.downloadedMs) }) : null,
      ended && !cancelled ? spent(timings.readMs, task.startedAt, task.completedAt) : null]),
    step("callback", cancelled ? "never" : delivered, task.callback?.attempts?.at(-1)?.at, [
      Number.isFinite(timings.deliveredMs) ? t("took", { time: duration(timings.deliveredMs) }) : null,
      task.callback?.nextAttemptAt && delivered === "now" && task.callback.attempts.length
        ? t("callback.next", { time: clock(task.callback.nextAttemptAt) }) : null]),
  ];
}

function attempt(one) {
  const outcome = one.status ? `HTTP ${one.status}` : one.error ?? "–";
  const took = Number.isFinite(one.latencyMs) ? duration(one.latencyMs) : "";
  return h("tr", {}, h("td", {}, clock(one.at)), h("td", {}, outcome, one.status && one.error ? ` ${one.error}` : ""),
    h("td", { class: "number" }, took));
}

async function act(work) {
  const taskId = state.selected;
  try {
    await work(taskId);
    put(taskId, { error: null });
  } catch (error) {
    put(taskId, { error });
  }
  await look(taskId);
  tell("list");
  tell("entry");
}

// A link of the service works for minutes only: it is asked for anew when it is followed.
export function linkTo(taskId, name, address) {
  const follow = async (event) => {
    event.preventDefault();
    const fresh = await ask(taskId).catch(() => null);
    open(fresh?.links?.[name] ?? address, "_blank", "noopener");
  };
  return h("a", { href: address, target: "_blank", rel: "noopener", "data-key": `link-${name}`, onclick: follow }, t(`links.${name}`));
}

export function progress(task) {
  const attempts = task.callback?.attempts ?? [];
  const ended = FINAL.has(task.status);
  return h("section", { class: "progress", "aria-label": t("progress.title") },
    h("ol", { class: "steps" }, steps(task)),
    h("div", { class: "row acts" },
      !ended ? h("button", { type: "button", "data-key": "cancel", onclick: () => act(cancel) }, t("act.cancel")) : null,
      ended && task.status !== "cancelled" && task.callback?.state !== "waiting"
        ? h("button", { type: "button", "data-key": "again", onclick: () => act(deliverAgain) }, t("act.again")) : null,
    attempts.length ? h("details", { "data-key": "attempts" }, h("summary", {}, t("attempts.title", { n: attempts.length })),
      h("table", { class: "attempts" },
        h("thead", {}, h("tr", {}, ["time", "answer", "took"].map((name) => h("th", { scope: "col" }, t(`column.${name}`))))),
        h("tbody", {}, attempts.map(attempt)))) : null));
}
