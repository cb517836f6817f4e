/** Cursors that listings keep as JSON, and how a listing says that it cannot go on from one. */
import type { z } from 'zod';
import { AppError } from '../errors.ts';

/** Everything is listed then (`Connector.listChanges`). */
export const cursorLost = (why: string, cause?: unknown): AppError =>
  new AppError({ code: 'connector.cursor_lost', message: why, ...(cause === undefined ? {} : { cause }) });

/** @throws AppError `connector.cursor_lost` when the text is no JSON of this shape */
export function parseCursor<T>(text: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw cursorLost('the cursor is none of ours');
  }
  const cursor = schema.safeParse(value);
  if (!cursor.success) throw cursorLost('the cursor is none of ours');
  return cursor.data;
}
