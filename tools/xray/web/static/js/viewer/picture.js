// The film with its layers as one picture, to be taken away.

import { s } from "../dom.js";

const MOST = 3000; // pixels of the longer side

function load(address) {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => resolve(image);
    image.onerror = () => reject(new Error("the picture cannot be drawn"));
    image.src = address;
  });
}

// Layers drawn in pixels of the film, as a picture of its own.
// share: how large strokes and letters are, as a share of the film's longer side.
export function layersAsSvg(layers, [width, height], share = 1 / 1100) {
  const unit = Math.max(width, height) * share;
  return s("svg", { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${width} ${height}`, width, height },
    layers(([x, y]) => [x + 0.5, y + 0.5], unit));
}

// film: address of a picture or null; lines: words that stand below, such as the notice.
export async function compose({ film, size, grey, layers, lines }) {
  const scale = Math.min(1, MOST / Math.max(...size));
  const [width, height] = size.map((side) => Math.round(side * scale));
  const letters = Math.max(14, Math.round(Math.max(width, height) / 70));
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height + Math.round(letters * (0.8 + 1.5 * lines.length));
  const context = canvas.getContext("2d");
  context.fillStyle = "#101318";
  context.fillRect(0, 0, canvas.width, canvas.height);
  if (film) {
    context.filter = `invert(${grey.invert ? 1 : 0}) brightness(${grey.brightness}) contrast(${grey.contrast})`;
    context.drawImage(await load(film), 0, 0, width, height);
    context.filter = "none";
  }
  const markup = new XMLSerializer().serializeToString(layersAsSvg(layers, size));
  const drawing = await load(`data:image/svg+xml;charset=utf-8,${encodeURIComponent(markup)}`);
  context.drawImage(drawing, 0, 0, width, height);
  context.fillStyle = "#e8eaed";
  context.font = `${letters}px system-ui, sans-serif`;
  context.textBaseline = "top";
  lines.forEach((text, index) => context.fillText(text, letters, height + letters * (0.7 + 1.5 * index), width - 2 * letters));
  return new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
}

export function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
