// The film on its stage: looked at by pointer, wheel, two fingers or keys, with layers above it.

import { s, show } from "../dom.js";
import { View } from "./view.js";

const STEP = 40; // pixels of the screen that an arrow key moves the film
const NEAR = 16; // pixels within which a pointer takes hold of a point
const NEAR_TOUCH = 26;

export class Viewer {
  // hooks: layers(place, unit) → elements; pointAt(position, near) → name or null; hold(name),
  // drag(name, filmPoint), release(), key(event, viewer) → whether it was used; tap(filmPoint).
  constructor(stage, hooks) {
    this.stage = stage;
    this.hooks = hooks;
    this.view = new View();
    this.picture = stage.querySelector("img");
    this.svg = stage.querySelector("svg");
    this.grey = { brightness: 1, contrast: 1, invert: false };
    this.pointers = new Map();
    new ResizeObserver(() => this.resize()).observe(stage);
    stage.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    stage.addEventListener("pointerdown", (event) => this.down(event));
    stage.addEventListener("pointermove", (event) => this.moved(event));
    for (const end of ["pointerup", "pointercancel"]) stage.addEventListener(end, (event) => this.up(event));
    stage.addEventListener("dblclick", (event) => this.change(() => this.view.zoom(2, this.position(event))));
    stage.addEventListener("keydown", (event) => this.key(event));
  }

  // address: of a picture, or null where the film cannot be shown; size: of the film in its pixels.
  open(address, size) {
    const [width, height] = size;
    const same = width === this.view.film[0] && height === this.view.film[1];
    if (this.picture.getAttribute("src") !== address) {
      if (address) this.picture.src = address;
      else this.picture.removeAttribute("src");
    }
    this.picture.hidden = !address;
    this.picture.style.width = `${width}px`;
    this.picture.style.height = `${height}px`;
    if (!same) this.view.resize(this.size(), [width, height]);
    this.draw();
  }

  size() {
    return [this.stage.clientWidth || 1, this.stage.clientHeight || 1];
  }

  resize() {
    this.view.resize(this.size());
    this.draw();
  }

  change(how) {
    how();
    this.draw();
  }

  draw() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = null;
      const { scale, corner } = this.view;
      const { brightness, contrast, invert } = this.grey;
      this.picture.style.transform = `matrix(${scale}, 0, 0, ${scale}, ${corner[0]}, ${corner[1]})`;
      this.picture.style.imageRendering = scale > 3 ? "pixelated" : "auto";
      this.picture.style.filter = `invert(${invert ? 1 : 0}) brightness(${brightness}) contrast(${contrast})`;
      const [width, height] = this.view.stage;
      this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
      show(this.svg, s("g", {}, this.hooks.layers((point) => this.view.toScreen(point), 1)));
      this.stage.dispatchEvent(new CustomEvent("drawn", { detail: this.view }));
    });
  }

  position(event) {
    const box = this.stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  wheel(event) {
    event.preventDefault();
    this.change(() => this.view.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), this.position(event)));
  }

  down(event) {
    if (event.button !== 0 || event.target !== this.stage) return; // a notice above it has its own clicks
    const at = this.position(event);
    this.stage.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, at);
    this.began = at;
    if (this.pointers.size > 1) return this.letGo();
    const near = event.pointerType === "mouse" ? NEAR : NEAR_TOUCH;
    this.held = this.hooks.pointAt(at, near);
    if (this.held) this.hooks.hold(this.held);
    this.draw();
  }

  moved(event) {
    const at = this.position(event);
    const before = this.pointers.get(event.pointerId);
    if (!before) {
      this.stage.classList.toggle("over-point", Boolean(this.hooks.pointAt(at, NEAR)));
      return;
    }
    if (this.pointers.size === 2) this.pinch(event.pointerId, at);
    else if (this.held) this.hooks.drag(this.held, this.view.toFilm(at), this.began, at);
    else this.view.pan(at[0] - before[0], at[1] - before[1]);
    this.pointers.set(event.pointerId, at);
    this.draw();
  }

  pinch(moving, at) {
    const [still] = [...this.pointers].filter(([id]) => id !== moving).map(([, point]) => point);
    const before = this.pointers.get(moving);
    const distance = (a, b) => Math.max(1, Math.hypot(a[0] - b[0], a[1] - b[1]));
    this.view.zoom(distance(at, still) / distance(before, still), still);
  }

  up(event) {
    if (!this.pointers.delete(event.pointerId)) return;
    const at = this.position(event);
    const still = Math.hypot(at[0] - this.began[0], at[1] - this.began[1]) < 4;
    if (event.type === "pointerup" && still && !this.held && !this.pointers.size) this.hooks.tap(this.view.toFilm(at));
    this.letGo();
    this.draw();
  }

  letGo() {
    if (this.held) this.hooks.release();
    this.held = null;
  }

  key(event) {
    if (event.target !== this.stage || this.hooks.key(event)) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = (dx, dy) => () => this.view.pan(dx, dy);
    const actions = {
      ArrowLeft: move(STEP, 0), ArrowRight: move(-STEP, 0), ArrowUp: move(0, STEP), ArrowDown: move(0, -STEP),
      "+": () => this.view.zoom(1.25), "=": () => this.view.zoom(1.25), "-": () => this.view.zoom(0.8),
      0: () => this.view.fit(), 1: () => this.view.zoom(1 / this.view.scale),
    };
    if (!actions[event.key]) return;
    event.preventDefault();
    this.change(actions[event.key]);
  }
}
