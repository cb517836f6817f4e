/** Whether a chat platform failed in a way that passes. */
import { AppError } from '../src/errors.ts';

/** It is down, or was asked too much: the same call may do soon. */
export const isAway = (error: unknown): boolean =>
  error instanceof AppError && (error.code === 'chat.unavailable' || error.code === 'chat.limited');
