/** The app package that an admin uploads to Teams: a manifest and two icons in a zip. */
import { readFileSync } from 'node:fs';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { AppError } from '../../src/errors.ts';
import { teamsManifestShape, type TeamsManifest } from './manifest.ts';

/** Their width and height; drawn by scripts/teams-icons.ts. */
const ICONS = { 'color.png': 192, 'outline.png': 32 } as const;

/** @throws AppError `package.invalid` when what was made is not what Teams takes */
export function teamsPackage(manifest: TeamsManifest): Uint8Array {
  const zip = zipSync(
    {
      'manifest.json': strToU8(`${JSON.stringify(manifest, null, 2)}\n`),
      ...Object.fromEntries(Object.keys(ICONS).map((name) => [name, readFileSync(new URL(name, import.meta.url))])),
    },
    // The same manifest gives the same bytes; a zip knows no earlier year.
    { level: 9, mtime: new Date(1980, 0, 1) },
  );
  const problems = problemsOfPackage(zip);
  if (problems.length > 0) throw new AppError({ code: 'package.invalid', message: `the app package is not right: ${problems.join('; ')}` });
  return zip;
}

/**
 * What Teams would refuse of an app package: its files, the manifest's rules, the icons' sizes.
 * @returns empty when all is well
 */
export function problemsOfPackage(zip: Uint8Array): string[] {
  const files = unzipSync(zip);
  const wanted = ['manifest.json', ...Object.keys(ICONS)];
  const problems = [
    ...wanted.filter((name) => !files[name]).map((name) => `${name} is missing`),
    ...Object.keys(files).flatMap((name) => (wanted.includes(name) ? [] : [`${name} does not belong there`])),
  ];
  if (problems.length > 0) return problems;
  const manifest = teamsManifestShape.safeParse(parseJson(strFromU8(files['manifest.json']!)));
  if (!manifest.success) problems.push(...manifest.error.issues.map((issue) => `manifest.json ${issue.path.join('.')}: ${issue.message}`));
  for (const [name, size] of Object.entries(ICONS)) {
    const icon = Buffer.from(files[name]!);
    const isPng = icon.length > 24 && icon.toString('latin1', 1, 4) === 'PNG';
    if (!isPng || icon.readUInt32BE(16) !== size || icon.readUInt32BE(20) !== size) problems.push(`${name} is no PNG of ${size} × ${size}`);
  }
  return problems;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
