// What the page keeps in this browser: films and corrections, by the id of their task. Nothing of it
// leaves the browser. Without IndexedDB (a private window) it lasts as long as the page.

const NAME = "xray";
const STORE = "films";
const memory = new Map();
let opened;

function database() {
  opened ??= new Promise((resolve) => {
    try {
      const request = indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "taskId" });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve(null);
    } catch {
      resolve(null);
    }
  });
  return opened;
}

async function run(mode, work) {
  const db = await database();
  if (!db) return undefined;
  return new Promise((resolve) => {
    const transaction = db.transaction(STORE, mode);
    const request = work(transaction.objectStore(STORE));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = transaction.onabort = () => resolve(undefined);
  });
}

// Kept: {taskId, name, film (a Blob) or null, moved: {abbreviation: [x, y]}}
export async function keep(record) {
  memory.set(record.taskId, record);
  await run("readwrite", (store) => store.put(record));
}

export async function kept(taskId) {
  return memory.get(taskId) ?? (await run("readonly", (store) => store.get(taskId))) ?? null;
}

export async function keptNames() {
  const all = (await run("readonly", (store) => store.getAll())) ?? [];
  return new Map([...all, ...memory.values()].map((one) => [one.taskId, one.name]));
}

export async function forgetAll() {
  memory.clear();
  await run("readwrite", (store) => store.clear());
}
