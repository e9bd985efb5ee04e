// The public API, and nothing else: what the page does, any client can do.

const MAX_IN_ONE_REQUEST = 4_500_000;

export class ApiError extends Error {
  constructor(status, document) {
    super(document.message ?? `HTTP ${status}`);
    this.status = status;
    this.code = document.code ?? null;
    this.detail = document.detail ?? null;
    this.requestId = document.requestId ?? null;
    this.retryAfter = document.retryAfter ?? null;
  }
}

async function call(method, path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { method, ...options });
  } catch {
    throw new ApiError(0, { message: "no connection" });
  }
  const document = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new ApiError(answer.status, { ...document, retryAfter: answer.headers.get("Retry-After") });
  return document;
}

function json(body, headers = {}) {
  return { body: JSON.stringify(body), headers: { "Content-Type": "application/json", ...headers } };
}

// The media type by the first bytes, as the service judges it.
async function mediaType(film) {
  const bytes = new Uint8Array(await film.slice(0, 132).arrayBuffer());
  const begins = (...start) => start.every((byte, index) => bytes[index] === byte);
  if (begins(0xff, 0xd8, 0xff)) return "image/jpeg";
  if (begins(0x89, 0x50, 0x4e, 0x47)) return "image/png";
  if (begins(0x42, 0x4d)) return "image/bmp";
  if (String.fromCharCode(...bytes.slice(128, 132)) === "DICM") return "application/dicom";
  return film.type || "application/octet-stream";
}

// Submit a film; one that no request can carry is uploaded first. Posting the same taskId again
// after a lost answer does not read it twice.
export async function analyze(film, fields, tell = () => {}) {
  const repeatable = { "Idempotency-Key": fields.taskId };
  if (film.size <= MAX_IN_ONE_REQUEST) {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append("image", film, "film"); // the file's name may be a patient's
    return call("POST", "/api/v1/analyze", { body: form, headers: repeatable });
  }
  const contentType = await mediaType(film);
  const upload = await call("POST", "/api/v1/uploads", json({ fileName: "film", contentType, size: film.size }));
  tell("uploading");
  const form = new FormData();
  for (const [name, value] of Object.entries(upload.fields)) form.append(name, value);
  form.append("file", film, "film");
  let answer;
  try {
    answer = await fetch(upload.url, { method: "POST", body: form });
  } catch {
    throw new ApiError(0, { message: "no connection to the film store" });
  }
  if (!answer.ok) throw new ApiError(answer.status, { message: "the film store refused the upload" });
  tell("sending");
  const typed = { ...fields, uploadId: upload.uploadId };
  if (typed.pixelSpacing) typed.pixelSpacing = Number(typed.pixelSpacing);
  return call("POST", "/api/v1/analyze", json(typed, repeatable));
}

export function tasks(cursor = null, limit = 50) {
  const query = new URLSearchParams({ limit });
  if (cursor) query.set("cursor", cursor);
  return call("GET", `/api/v1/tasks?${query}`);
}

export function task(taskId) {
  return call("GET", `/api/v1/task/${taskId}`);
}

export function cancel(taskId) {
  return call("DELETE", `/api/v1/task/${taskId}`);
}

export function testCallback(callbackUrl) {
  return call("POST", "/api/v1/callbacks/test", json({ callbackUrl }));
}

export function deliverAgain(taskId) {
  return call("POST", `/api/v1/task/${taskId}/callback`);
}
