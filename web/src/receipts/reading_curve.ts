/** How reading grew over time, as a line to draw. */

export interface CurveInput {
  /** When the message was sent. */
  from: number;
  /** The right edge; later readers move it. */
  until: number;
  /** Times of the newest readers, newest first. There may be more readers than times. */
  newest: readonly number[];
  read: number;
  total: number;
}

export interface Curve {
  width: number;
  height: number;
  from: number;
  until: number;
  /** The line, as far as it is known exactly. */
  line: string;
  /** The area below it. */
  area: string;
  /** A straight guess for the readers before those that are known; empty if all are. */
  guess: string;
  /** Where the line ends now. */
  end: { x: number; y: number };
}

const WIDTH = 320;
const HEIGHT = 72;
/** More corners than this are not seen. */
const CORNERS_MAX = 160;
/** A chart needs some time to show. */
const SPAN_MS_MIN = 1_000;

export function readingCurve({ from, until, newest, read, total }: CurveInput): Curve {
  const span = Math.max(until, newest[0] ?? 0, from + SPAN_MS_MIN) - from;
  const x = (at: number) => round((Math.min(Math.max(at - from, 0), span) / span) * WIDTH);
  const y = (count: number) => round(HEIGHT - (total > 0 ? Math.min(count / total, 1) : 0) * HEIGHT);

  const isWhole = newest.length >= read;
  const first = isWhole ? { x: 0, y: HEIGHT } : { x: x(newest.at(-1) ?? from), y: y(read - newest.length + 1) };
  const steps: string[] = [];
  const stride = Math.max(1, Math.ceil(newest.length / CORNERS_MAX));
  // Counted from the newest, whose place is known even if the first readers are not.
  for (let back = newest.length - 1; back >= 0; back -= stride) {
    steps.push(`L${x(newest[back] as number)} ${y(read - back)}`);
  }
  if (newest.length > 0) steps.push(`L${x(newest[0] as number)} ${y(read)}`);
  const end = { x: WIDTH, y: y(read) };
  const line = `M${first.x} ${first.y}${steps.join("")}L${end.x} ${end.y}`;
  return {
    width: WIDTH,
    height: HEIGHT,
    from,
    until: from + span,
    line,
    area: `${line}L${WIDTH} ${HEIGHT}L${first.x} ${HEIGHT}Z`,
    guess: isWhole ? "" : `M0 ${HEIGHT}L${first.x} ${first.y}`,
    end,
  };
}

/** How long it took until half of all had read; `undefined` while that is not so, or not known. */
export function halfReadAfter({ from, newest, read, total }: CurveInput): number | undefined {
  const half = Math.ceil(total / 2);
  const back = read - half;
  const at = half > 0 && back >= 0 ? newest[back] : undefined;
  return at === undefined ? undefined : Math.max(0, at - from);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
