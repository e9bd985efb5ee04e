// Where the film lies on the stage: its scale and its upper left corner, in pixels of the screen.

const LARGEST = 24;

export class View {
  constructor() {
    this.stage = [1, 1];
    this.film = [1, 1];
    this.fit();
  }

  get smallest() {
    return 0.5 * Math.min(this.stage[0] / this.film[0], this.stage[1] / this.film[1]);
  }

  fit() {
    const [width, height] = this.stage, [w, h] = this.film;
    this.scale = Math.min(width / w, height / h);
    this.corner = [(width - w * this.scale) / 2, (height - h * this.scale) / 2];
    this.fitted = true;
  }

  resize(stage, film = this.film) {
    const middle = this.toFilm([this.stage[0] / 2, this.stage[1] / 2]);
    const refit = this.fitted || film !== this.film;
    this.stage = stage;
    this.film = film;
    if (refit) this.fit();
    else this.centre(middle);
  }

  zoom(factor, at = [this.stage[0] / 2, this.stage[1] / 2]) {
    const scale = Math.min(LARGEST, Math.max(this.smallest, this.scale * factor));
    const change = scale / this.scale;
    this.corner = this.corner.map((edge, axis) => at[axis] - (at[axis] - edge) * change);
    this.scale = scale;
    this.fitted = false;
    this.keepInSight();
  }

  pan(dx, dy) {
    this.corner = [this.corner[0] + dx, this.corner[1] + dy];
    this.fitted = false;
    this.keepInSight();
  }

  centre(point) {
    const [x, y] = this.toScreen(point);
    this.pan(this.stage[0] / 2 - x, this.stage[1] / 2 - y);
  }

  // Show a region of the film, [left, top, right, bottom], with room around it.
  frame([left, top, right, bottom], room = 3) {
    const factor = Math.min(this.stage[0] / (right - left), this.stage[1] / (bottom - top)) / room;
    this.scale = Math.min(LARGEST, Math.max(this.smallest, factor));
    this.fitted = false;
    this.centre([(left + right) / 2, (top + bottom) / 2]);
  }

  // At least a quarter of the stage stays filled.
  keepInSight() {
    this.corner = this.corner.map((edge, axis) => {
      const margin = this.stage[axis] / 4;
      return Math.min(this.stage[axis] - margin, Math.max(margin - this.film[axis] * this.scale, edge));
    });
  }

  // Pixels of the film are addressed by their centres.
  toScreen([x, y]) {
    return [(x + 0.5) * this.scale + this.corner[0], (y + 0.5) * this.scale + this.corner[1]];
  }

  toFilm([x, y]) {
    return [(x - this.corner[0]) / this.scale - 0.5, (y - this.corner[1]) / this.scale - 0.5];
  }
}
