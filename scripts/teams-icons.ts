/**
 * Draws the two icons of Teams' app package, from the same shapes as the console's (`src/console/assets/icon.svg`, 32 units
 * wide), into bots/teams/: `node scripts/teams-icons.ts`.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { crc32, deflateSync } from 'node:zlib';

type Point = readonly [x: number, y: number];
type Colour = readonly [red: number, green: number, blue: number, alpha: number];
interface Shape {
  colour: Colour;
  holds(x: number, y: number): boolean;
}

const GREEN = [0x1d, 0x5b, 0x4c, 255] as const;
const PAPER = [0xff, 0xfd, 0xf8, 255] as const;
const MARKER = [0xe2, 0xa4, 0x00, 255] as const;
const WHITE = [255, 255, 255, 255] as const;
const PAGE: Point[] = [
  [9, 6.5],
  [18.5, 6.5],
  [23, 11],
  [23, 25.5],
  [9, 25.5],
];

/** 192 × 192, in colours, to the very edge: Teams rounds it itself. @returns PNG */
const colorIcon = (): Buffer =>
  draw(192, [
    { colour: GREEN, holds: () => true },
    { colour: PAPER, holds: within(PAGE) },
    {
      colour: GREEN,
      holds: along(
        [
          [12, 14.5],
          [20, 14.5],
        ],
        1.6,
      ),
    },
    {
      colour: GREEN,
      holds: along(
        [
          [12, 18],
          [20, 18],
        ],
        1.6,
      ),
    },
    {
      colour: MARKER,
      holds: along(
        [
          [12, 21.7],
          [16.5, 21.7],
        ],
        3,
      ),
    },
  ]);

/** 32 × 32, white on nothing. @returns PNG */
const outlineIcon = (): Buffer =>
  draw(32, [
    { colour: WHITE, holds: along([...PAGE, PAGE[0]!], 2) },
    {
      colour: WHITE,
      holds: along(
        [
          [12.5, 14.5],
          [19.5, 14.5],
        ],
        1.8,
      ),
    },
    {
      colour: WHITE,
      holds: along(
        [
          [12.5, 18],
          [19.5, 18],
        ],
        1.8,
      ),
    },
    {
      colour: WHITE,
      holds: along(
        [
          [12.5, 21.5],
          [16.5, 21.5],
        ],
        1.8,
      ),
    },
  ]);

const SAMPLES = 4;

/** Each pixel is the mean of 4 × 4 points; the last shape that holds a point colours it. */
function draw(size: number, shapes: Shape[]): Buffer {
  const unit = 32 / size;
  const rows = Buffer.alloc(size * (size * 4 + 1));
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      let [red, green, blue, alpha] = [0, 0, 0, 0];
      for (let sample = 0; sample < SAMPLES ** 2; sample++) {
        const px = (x + ((sample % SAMPLES) + 0.5) / SAMPLES) * unit;
        const py = (y + (Math.floor(sample / SAMPLES) + 0.5) / SAMPLES) * unit;
        const colour = shapes.findLast((shape) => shape.holds(px, py))?.colour;
        if (!colour) continue;
        [red, green, blue, alpha] = [red + colour[0], green + colour[1], blue + colour[2], alpha + 1];
      }
      const at = y * (size * 4 + 1) + 1 + x * 4;
      if (alpha > 0) rows.set([red / alpha, green / alpha, blue / alpha, (alpha / SAMPLES ** 2) * 255].map(Math.round), at);
    }
  }
  return png(size, rows);
}

/** Even-odd rule. */
const within =
  (polygon: Point[]) =>
  (x: number, y: number): boolean =>
    polygon.filter(([ax, ay], i) => {
      const [bx, by] = polygon[(i + 1) % polygon.length]!;
      return ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax;
    }).length %
      2 ===
    1;

/** A line of this width with round ends. */
const along =
  (line: Point[], width: number) =>
  (x: number, y: number): boolean =>
    line.slice(1).some(([bx, by], i) => {
      const [ax, ay] = line[i]!;
      const [dx, dy] = [bx - ax, by - ay];
      const t = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)));
      return Math.hypot(x - ax - t * dx, y - ay - t * dy) <= width / 2;
    });

/** Eight bits, red, green, blue and alpha (W3C PNG, third edition). @param rows each with its filter, 0, in front */
function png(size: number, rows: Buffer): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(size, 4);
  head.set([8, 6, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

for (const [name, icon] of Object.entries({ 'color.png': colorIcon(), 'outline.png': outlineIcon() }))
  writeFileSync(fileURLToPath(new URL(`../bots/teams/${name}`, import.meta.url)), icon);
