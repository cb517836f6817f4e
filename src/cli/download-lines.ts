/** A download as lines of text: one at each tenth, each wait and each failure, so that a log stays readable. */
import type { DownloadState } from '../models-in-use.ts';

/** @returns a listener that hands each line to `say` */
export function downloadLines(say: (line: string) => void): (state: DownloadState) => void {
  let last = '';
  return (state) => {
    const line = lineOf(state);
    if (line !== last) say(line);
    last = line;
  };
}

function lineOf(state: DownloadState): string {
  if (state.state === 'failed')
    return `${state.model} could not be downloaded: ${state.reason} It is tried again later; until then search goes on as it is.`;
  if (state.waiting !== undefined) return `Downloading ${state.model}: waiting to go on (${state.waiting})`;
  const tenths = Math.floor((state.bytes / state.totalBytes) * 10);
  return `Downloading ${state.model} for search by meaning: ${tenths * 10} % of ${Math.round(state.totalBytes / 1e6)} MB`;
}
